"""Prints what botocore sends for one read of each service, without a parameter.

Each line is {service, operation, region, method, url, headers, body}; the service is
named as in boto3 and body is base64.
"""

import base64
import json
import re
import sys

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import BotoCoreError, ClientError

READ = re.compile('(Describe|List|Get)(?![a-z])')


class Sent(Exception):
    pass


def main(region):
    session = botocore.session.Session()
    session.set_credentials('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'token')
    for service in session.get_available_services():
        model = session.get_service_model(service)
        names = [
            n for n in sorted(model.operation_names)
            if READ.match(n) and not getattr(model.operation_model(n).input_shape, 'required_members', None)
            and not model.operation_model(n).has_event_stream_output
        ]
        if not names:
            continue
        client = session.create_client(service, region_name=region)

        def capture(request, **_):
            body = request.body or b''
            body = body.encode() if isinstance(body, str) else bytes(body)
            print(json.dumps({
                'service': service, 'operation': names[0], 'region': region, 'method': request.method, 'url': request.url,
                'headers': {k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()},
                'body': base64.b64encode(body).decode(),
            }))
            raise Sent

        client.meta.events.register('before-send', capture)
        try:
            getattr(client, botocore.xform_name(names[0]))()
        except (Sent, BotoCoreError, ClientError):
            pass


if __name__ == '__main__':
    main(*sys.argv[1:])
