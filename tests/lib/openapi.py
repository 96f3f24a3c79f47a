# SPDX-License-Identifier: GPL-2.0-or-later
"""openapi - check answers of an HTTP server against its OpenAPI 3.1 document

Every answer must be documented: its status, its type, and its body by the
schema, with no member that the schema has not. What was seen is remembered, so
that what is documented and was never seen can be told in the end.
"""
import copy
import json

import jsonschema
import yaml

METHODS = ('get', 'put', 'post', 'patch', 'delete')


def strict(node):
    """An object with named members has no others."""
    if isinstance(node, dict):
        if isinstance(node.get('properties'), dict):
            node.setdefault('unevaluatedProperties', False)
        for key, value in node.items():
            # inside allOf each part sees only its own members
            if key == 'allOf':
                continue
            strict(value)
    elif isinstance(node, list):
        for value in node:
            strict(value)


class Document:
    def __init__(self, path):
        with open(path, encoding='utf-8') as f:
            self.doc = yaml.safe_load(f)
        self.strict = copy.deepcopy(self.doc)
        strict(self.strict['components']['schemas'])
        self.op = {}        # operationId -> (method, path, operation)
        self.seen = {}      # (operationId, status) -> count
        for path, item in self.doc['paths'].items():
            for method in METHODS:
                if method in item:
                    op = item[method]
                    self.op[op['operationId']] = (method.upper(), path, op)

    def deref(self, node):
        while isinstance(node, dict) and '$ref' in node:
            found = self.doc
            for key in node['$ref'][2:].split('/'):
                found = found[key]
            node = found
        return node

    def schema(self, schema, closed):
        """SCHEMA with what it may refer to, as a document of its own."""
        root = self.strict if closed else self.doc
        whole = copy.deepcopy(schema)
        if closed:
            strict(whole)
        if '$ref' in whole:
            whole = {'allOf': [whole]}
        whole['components'] = root['components']
        return jsonschema.Draft202012Validator(whole)

    def check(self):
        """Errors of the schemas themselves."""
        bad = []
        for name, schema in self.doc['components']['schemas'].items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as e:
                bad.append('%s: %s' % (name, e.message))
        return bad

    def documented(self):
        """All (operationId, status) but default."""
        return {(op, status) for op, (_, _, node) in self.op.items()
                for status in node['responses'] if status != 'default'}

    def request_errors(self, op, body):
        """What is wrong with BODY, a value, as a request of OP."""
        node = self.deref(self.op[op][2].get('requestBody'))
        if not node:
            return [] if body in (None, {}) else ['no body is documented']
        schema = node['content']['application/json']['schema']
        return ['%s: %s' % (e.json_path, e.message)
                for e in self.schema(schema, False).iter_errors(body)]

    def answer_errors(self, op, status, kind, body):
        """What is wrong with the answer STATUS of type KIND, BODY bytes."""
        responses = self.op[op][2]['responses']
        self.seen[op, str(status)] = self.seen.get((op, str(status)), 0) + 1
        node = responses.get(str(status))
        if node is None and status >= 500:
            node = responses.get('default')
        if node is None:
            return ['status %d is not documented' % status]
        content = self.deref(node).get('content', {})
        if not content:
            return [] if not body else ['a body where none is documented']
        if kind not in content:
            return ['type %s is not documented' % kind]
        if 'schema' not in content[kind] or not kind.endswith('json'):
            return []
        try:
            value = json.loads(body)
        except ValueError as e:
            return ['no JSON: %s' % e]
        return ['%s: %s' % (e.json_path, e.message) for e in
                self.schema(content[kind]['schema'], True).iter_errors(value)]
