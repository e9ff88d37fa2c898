"""Prints, for every read of every service, generated inputs and what botocore sends.

The arguments are the seed, and operations that write, as SERVICE/OPERATION.

Each line is {service, operation, params, method, path, query, headers, body}; the
service is named as in boto3, query is a list of pairs, and body is base64.
"""

import base64
import json
import random
import re
import sys
from urllib.parse import parse_qsl, unquote

import botocore.session
from botocore.serialize import create_serializer

READ = re.compile(
    '(BatchGet|Check|Describe|Estimate|Get|Head|List|Lookup|Preview|Query|Scan|Search'
    '|Select|Simulate|Validate|View)(?![a-z])'
)
TEXTS = ['plain', 'with space', 'a/b+c', 'äöü-%20', 'x&y=z', "q'\"uote", '*~.-_', '日本']
TIMES = ['2026-11-28T10:00:00Z', '1999-12-31T23:59:59Z', '1970-01-01T00:00:01Z']

random = random.Random(7)


def value(shape, name, depth, plain):
    kind = shape.type_name
    if getattr(shape, 'is_document_type', False):
        return {'a': [1, 'b', None, {'c': True}]}
    if kind == 'structure':
        return structure(shape, depth + 1)
    if kind == 'list':
        return [value(shape.member, name, depth + 1, plain) for _ in range(random.choice([1, 2]))]
    if kind == 'map':
        return {value(shape.key, 'key', depth, True): value(shape.value, name, depth + 1, plain) for _ in range(2)}
    if kind in ('string', 'character'):
        if shape.enum:
            return random.choice(shape.enum)
        return random.choice(['abc', 'x-1']) if plain else random.choice(TEXTS)
    if kind == 'boolean':
        return random.choice([True, False])
    if kind in ('integer', 'long'):
        return random.choice([0, 1, 17, 100000])
    if kind in ('float', 'double'):
        return random.choice([0.5, 3.25, 1e-3])
    if kind == 'timestamp':
        return random.choice(TIMES)
    return random.choice(['blob', '\\x00-ish', ''])


def structure(shape, depth):
    given = {}
    members = list(shape.members.items())
    if getattr(shape, 'is_tagged_union', False):
        members = members[:1] if depth > 3 else [random.choice(members)]
    for name, member in members:
        required = name in shape.required_members or getattr(shape, 'is_tagged_union', False)
        if not required and (depth > 3 or random.random() < 0.4):
            continue
        if depth > 8:
            return given
        # Labels and headers have rules of their own for their text.
        plain = member.serialization.get('location') in ('uri', 'header', 'headers') or 'hostLabel' in member.metadata
        given[name] = value(member, name, depth, plain)
    return given


def main(seed, *writes):
    random.seed(int(seed))
    session = botocore.session.get_session()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        serializer = create_serializer(model.resolved_protocol, include_validation=False)
        for name in model.operation_names:
            operation = model.operation_model(name)
            wanted = READ.match(name) or f'{service}/{name}' in writes
            if not wanted or operation.has_event_stream_output or operation.has_event_stream_input:
                continue
            params = structure(operation.input_shape, 0) if operation.input_shape else {}
            if operation.input_shape and operation.has_streaming_input:
                params.pop(operation.input_shape.serialization.get('payload'), None)
            request = serializer.serialize_to_request(params, operation)
            body = request['body']
            if isinstance(body, dict):  # of the query protocols
                query, body = sorted((k, str(v)) for k, v in body.items()), None
            else:
                body = body.encode() if isinstance(body, str) else body
            path, _, more = request['url_path'].partition('?')
            pairs = parse_qsl(more, keep_blank_values=True)
            extra = request['query_string']
            for k, v in extra.items() if isinstance(extra, dict) else extra:
                pairs += [(k, str(x)) for x in (v if isinstance(v, list) else [v])]
            print(json.dumps({
                'service': service, 'operation': name, 'params': params,
                'method': request['method'], 'path': path, 'query': sorted(pairs),
                'headers': {k: str(v) for k, v in request['headers'].items()},
                'form': query if body is None else None,
                'body': None if body is None else base64.b64encode(body).decode(),
            }))


if __name__ == '__main__':
    main(*sys.argv[1:] or ['1'])
