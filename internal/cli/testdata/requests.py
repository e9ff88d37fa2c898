"""Prints the requests of botocore that the lines on stdin ask for, without sending them.

A line has {service, operation, region, fips, dualStack, url}, with the service as boto3 names it. The answer is
{method, url, headers, body} with the body in base64, or {error} where botocore finds no endpoint.
"""

import base64
import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

session = botocore.session.Session()
session.set_credentials('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'token')
clients = {}


class Sent(Exception):
    pass


def client_of(case):
    key = case['service'], case['region'], case['fips'], case['dualStack'], case['url'] or None
    if key not in clients:
        clients.clear()
        service, region, fips, dualstack, url = key
        config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack)
        clients[key] = session.create_client(service, region_name=region, endpoint_url=url, config=config)
        clients[key].meta.events.register('before-send', capture)
    return clients[key]


def capture(request, **_):
    body = request.body or b''
    body = body.encode() if isinstance(body, str) else bytes(body)
    raise Sent({
        'method': request.method, 'url': request.url, 'body': base64.b64encode(body).decode(),
        'headers': {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()},
    })


for line in sys.stdin:
    case = json.loads(line)
    try:
        client = client_of(case)
        getattr(client, botocore.xform_name(case['operation']))()
    except Sent as e:
        print(json.dumps(e.args[0]), flush=True)
    except (BotoCoreError, ClientError, ValueError) as e:
        print(json.dumps({'error': str(e)}), flush=True)
