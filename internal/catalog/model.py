"""Shapes and operations of a botocore model, in the form of format.go.

As a program it reads a list of models as JSON from stdin and prints a list of texts. The
protocol tests of the wire package use that.
"""

import json
import sys

TYPES = {
    'string': 's', 'character': 's', 'integer': 'i', 'long': 'l', 'float': 'f', 'double': 'd',
    'boolean': 'b', 'blob': 'x', 'timestamp': 't', 'list': 'L', 'map': 'M', 'structure': 'S',
}
LOCATIONS = {'header': 'h', 'headers': 'H', 'uri': 'u', 'querystring': 'q', 'statusCode': 'c'}


class Numbered:
    """Distinct texts, numbered in the order in which they are first met."""

    def __init__(self):
        self.texts, self.numbers = [], {}

    def __call__(self, text):
        if text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers[text]


class Model:
    def __init__(self, raw, protocol):
        self.raw, self.protocol = raw, protocol
        self.shapes = Numbered()
        self.known = {}

    def meta(self):
        meta = self.raw['metadata']
        return {
            'id': meta.get('serviceId'),
            'version': meta.get('apiVersion'),
            'protocol': self.protocol,
            'protocols': ','.join(meta.get('protocols', [])),
            'json': meta.get('jsonVersion'),
            'target': meta.get('targetPrefix'),
            'xmlns': meta.get('xmlNamespace'),
            'prefix': meta.get('endpointPrefix'),
            'signing': meta.get('signingName'),
            'signature': meta.get('signatureVersion'),
            'auth': ','.join(meta.get('auth', [])),
            'querycompatible': flag('awsQueryCompatible' in meta),
        }

    def operation(self, raw):
        http = raw['http']
        return {
            'method': http.get('method') if http.get('method') != 'POST' else None,
            'uri': http.get('requestUri') if http.get('requestUri') != '/' else None,
            'host': raw.get('endpoint', {}).get('hostPrefix'),
            'auth': ','.join(raw.get('auth', [])),
            'authtype': raw.get('authtype'),
            'unsignedbody': flag(raw.get('unsignedPayload')),
            'static': '&'.join(f'{k}={json.dumps(v["value"])}' for k, v in raw.get('staticContextParams', {}).items()),
            'context': '&'.join(f'{k}={v["path"]}' for k, v in raw.get('operationContextParams', {}).items()),
            'endpoint': flag(raw.get('endpointoperation')),
            'discovery': flag(raw.get('endpointdiscovery', {}).get('required')),
            'md5': flag(raw.get('httpChecksumRequired') or raw.get('httpChecksum', {}).get('requestChecksumRequired')),
            'deprecated': flag(raw.get('deprecated')),
        }

    def operation_line(self, name, raw, **more):
        more['wire'] = raw['name'] if raw['name'] != name else None
        for key in ('locationName', 'xmlNamespace'):  # of the root element
            if key in raw.get('input', {}):
                self.raw['shapes'][raw['input']['shape']].setdefault(key, raw['input'][key])
        return '\t'.join([name, self.ref(raw.get('input', {})), self.ref(raw.get('output', {})), *pairs(self.operation(raw) | more)])

    def ref(self, use):
        return str(self.shape(use['shape'])) if 'shape' in use else ''

    def shape(self, name):
        """The number of a shape. Equal simple shapes share one."""
        if name not in self.known:
            raw = self.raw['shapes'][name]
            if raw['type'] in ('structure', 'list', 'map'):
                # A shape may contain itself: give it its number first.
                number = self.known[name] = self.shapes(f'\0{name}')
                self.shapes.texts[number] = self.shape_line(name, raw)
            else:
                self.known[name] = self.shapes(self.shape_line(name, raw))
        return self.known[name]

    def shape_line(self, name, raw):
        kind = TYPES[raw['type']]
        traits = {
            'union': flag(raw.get('union')),
            'document': flag(raw.get('document')),
            'flat': flag(raw.get('flattened')),
            'name': raw.get('locationName') or (name if self.protocol == 'rest-xml' and kind == 'S' else None),
            **namespace(raw),
            'payload': raw.get('payload'),
            'time': raw.get('timestampFormat'),
            'stream': flag(raw.get('streaming')),
            'secret': flag(raw.get('sensitive')),
            'sparse': flag(raw.get('sparse')),
            # botocore decodes IAM's policies, which AWS sends as JSON in the form of a URL, and templates
            'urljson': flag(name == 'policyDocumentType' and self.raw['metadata'].get('serviceId') == 'IAM'),
            'json': flag(name == 'TemplateBody' and self.raw['metadata'].get('serviceId') == 'CloudFormation'),
        }
        head = ' '.join([kind, *traits_of(traits)])
        if kind == 'S':
            required = raw.get('required', [])
            rest = [self.member(n, m, n in required) for n, m in raw['members'].items()]
        elif kind == 'L':
            rest = [self.member('', raw['member'], False)]
        elif kind == 'M':
            rest = [self.member('', raw['key'], False), self.member('', raw['value'], False)]
        else:
            rest = raw.get('enum', [])
        return '\t'.join([head, *rest])

    def member(self, name, raw, required):
        wire, location = raw.get('locationName'), raw.get('location')
        where = None
        if location:
            where = LOCATIONS[location] + (wire if wire is not None and wire != name else '')
            wire = None
        traits = {
            '!': flag(required),
            '^': flag(wire and wire == name[:1].lower() + name[1:]),
            'name': wire if wire and wire not in (name, name[:1].lower() + name[1:]) else None,
            'query': raw.get('queryName'),
            'at': where,
            'flat': flag(raw.get('flattened')),
            'attribute': flag(raw.get('xmlAttribute')),
            **namespace(raw),
            'time': raw.get('timestampFormat'),
            'token': flag(raw.get('idempotencyToken')),
            'context': raw.get('contextParam', {}).get('name'),
            'label': flag(raw.get('hostLabel')),
            'jsonvalue': flag(raw.get('jsonvalue')),
            'stream': flag(raw.get('streaming')),
            'deprecated': flag(raw.get('deprecated')),
        }
        return ' '.join([name, str(self.shape(raw['shape'])), *traits_of(traits)])


def pairs(fields):
    return [f'{k}={v}' for k, v in fields.items() if v]


def namespace(raw):
    value = raw.get('xmlNamespace') or {}
    if isinstance(value, str):
        value = {'uri': value}
    return {'xmlns': value.get('uri'), 'xmlprefix': value.get('prefix')}


def traits_of(traits):
    return [k if v is True else f'{k}={v}' for k, v in traits.items() if v]


def flag(value):
    return True if value else None


def listed(value):
    if isinstance(value, list):
        return ','.join(value)
    return value


def main():
    texts = []
    for raw in json.load(sys.stdin):
        model = Model(raw, raw['metadata']['protocol'])
        operations = [model.operation_line(o['name'], o) for o in raw['operations']]
        texts.append('\n'.join(['\t'.join(['service', *pairs(model.meta())]), *operations, '', '', *model.shapes.texts]))
    json.dump(texts, sys.stdout)


if __name__ == '__main__':
    main()
