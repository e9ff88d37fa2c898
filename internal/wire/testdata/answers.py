"""Generates outputs of every read of every service, and reads encoded answers.

For each operation it prints a line {service, operation, output} and reads a line
{status, headers, body} with the encoded output, where body is base64. Then it prints a
line with what botocore's parser makes of it. The service is named as in boto3.
"""

import base64
import datetime
import json
import random
import sys

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from requests import READ

TEXTS = ['plain', 'with space', 'a/b+c', 'äöü-%20', 'x&y=z <b>', "q'\"uote", ']]>', '日本', '']
TIMES = ['2026-11-28T10:00:00+00:00', '1999-12-31T23:59:59+00:00', '1970-01-01T00:00:01+00:00']

random = random.Random(7)


def value(shape, depth, plain):
    kind = shape.type_name
    if getattr(shape, 'is_document_type', False):
        return {'a': [1, 'b', None, {'c': True}]}
    if kind == 'structure':
        return structure(shape, depth + 1)
    if kind == 'list':
        return [value(shape.member, depth + 1, plain) for _ in range(random.choice([1, 2]))]
    if kind == 'map':
        return {f'key-{i}': value(shape.value, depth, plain) for i in range(2)}
    if kind in ('string', 'character'):
        if shape.enum:
            return random.choice(shape.enum)
        # botocore decodes policies after its parser.
        return random.choice(['abc', 'x-1']) if plain or shape.name == 'policyDocumentType' else random.choice(TEXTS)
    if kind == 'boolean':
        return random.choice([True, False])
    if kind in ('integer', 'long'):
        return random.choice([0, 1, 17, 100000])
    if kind in ('float', 'double'):
        return random.choice([0.5, 3.25, 1e-3])
    if kind == 'timestamp':
        return random.choice(TIMES)
    return base64.b64encode(b'blob' if plain else random.choice([b'blob', b'\x00\xff', b''])).decode()


def structure(shape, depth):
    given = {}
    members = list(shape.members.items())
    if getattr(shape, 'is_tagged_union', False):
        members = members[:1] if depth > 3 else [random.choice(members)]
    for name, member in members:
        location = member.serialization.get('location')
        # Clients find these in every answer.
        payload = depth == 0 and shape.serialization.get('payload') == name
        always = payload or location == 'statusCode' or location == 'header' and member.serialization.get('name') == 'Content-Type'
        if not always and not getattr(shape, 'is_tagged_union', False) and (depth > 3 or random.random() < 0.3):
            continue
        if depth > 8:
            return given
        if member.serialization.get('jsonvalue') or member.serialization.get('name') == 'Content-Length':
            continue
        # Headers have rules of their own for their text, and botocore reads bodies as text.
        given[name] = 200 if location == 'statusCode' else value(member, depth, payload or location is not None)
    return given


def plain(parsed):
    """Returns a parsed answer as JSON has it."""
    if isinstance(parsed, dict):
        return {k: plain(v) for k, v in parsed.items()}
    if isinstance(parsed, list):
        return [plain(v) for v in parsed]
    if isinstance(parsed, datetime.datetime):
        return parsed.astimezone(datetime.timezone.utc).isoformat()
    if isinstance(parsed, bytes):
        return base64.b64encode(parsed).decode()
    return parsed


def main(seed):
    random.seed(int(seed))
    session = botocore.session.get_session()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        parser = create_parser(model.resolved_protocol)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if not READ.match(name) or operation.has_event_stream_output or operation.has_event_stream_input:
                continue
            if (service, name) == ('s3', 'GetBucketNotification'):
                continue  # deprecated; two of its members are the same element
            output = structure(operation.output_shape, 0) if operation.output_shape else {}
            print(json.dumps({'service': service, 'operation': name, 'output': output}), flush=True)
            answer = json.loads(sys.stdin.readline())
            if not answer:
                continue
            parsed = parser.parse({
                'status_code': answer['status'], 'headers': HeadersDict(answer['headers']), 'body': base64.b64decode(answer['body']), 'context': {},
            }, operation.output_shape)
            parsed.pop('ResponseMetadata', None)
            payload = operation.output_shape and operation.output_shape.serialization.get('payload')
            if payload and operation.output_shape.members[payload].type_name == 'blob' and isinstance(parsed[payload], str):
                parsed[payload] = parsed[payload].encode()
            print(json.dumps(plain(parsed), default=str), flush=True)


if __name__ == '__main__':
    main(*sys.argv[1:] or ['1'])
