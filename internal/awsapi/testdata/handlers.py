"""Prints what botocore sends and reads in the calls of which its handlers change something.

Each line is {service, operation, region, params, method, url, headers, body, status, reply, replyHeaders, answer}; the
service is named as in boto3, body is base64, and reply is the response with replyHeaders that leads to answer.
"""

import base64
import io
import json
import sys

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

LISTING = '''<?xml version="1.0"?><ListBucketResult><Name>b</Name><Prefix>%C3%A4/</Prefix><Delimiter>%2F</Delimiter>
<EncodingType>url</EncodingType><Marker>m%2B</Marker><NextMarker>n%20+x</NextMarker><IsTruncated>false</IsTruncated>
<Contents><Key>a+b%2Bc%C3%A4%01</Key><Size>1</Size></Contents><CommonPrefixes><Prefix>p%25/</Prefix></CommonPrefixes></ListBucketResult>'''
VERSIONS = '''<ListVersionsResult><KeyMarker>%20</KeyMarker><NextKeyMarker>+</NextKeyMarker><Prefix>%2B</Prefix><EncodingType>url</EncodingType>
<Version><Key>v%2B</Key><IsLatest>true</IsLatest></Version><DeleteMarker><Key>d%2B</Key></DeleteMarker></ListVersionsResult>'''
CONSOLE = '<GetConsoleOutputResponse><instanceId>i-1</instanceId><output>%s</output></GetConsoleOutputResponse>'
TEMPLATE = '<GetTemplateResponse><GetTemplateResult><TemplateBody>%s</TemplateBody></GetTemplateResult></GetTemplateResponse>'
POINT = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/point'

CASES = [
    ('s3', 'ListObjects', {'Bucket': 'bucket'}, LISTING),
    ('s3', 'ListObjects', {'Bucket': 'bucket', 'EncodingType': 'url', 'Prefix': 'ä b/'}, LISTING),
    ('s3', 'ListObjectsV2', {'Bucket': 'bucket.with.dots'}, LISTING),
    ('s3', 'ListObjectsV2', {'Bucket': POINT}, LISTING),
    ('s3', 'ListObjectVersions', {'Bucket': 'Old_Bucket'}, VERSIONS),
    ('s3', 'ListMultipartUploads', {'Bucket': 'bucket'}, '<ListMultipartUploadsResult><Upload><Key>a%2B</Key></Upload></ListMultipartUploadsResult>'),
    ('s3', 'GetBucketLocation', {'Bucket': 'bucket'}, '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'),
    ('s3', 'GetBucketLocation', {'Bucket': 'bucket'}, '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'),
    ('s3', 'GetBucketPolicy', {'Bucket': 'bucket'}, '{"Version": "2012-10-17"}'),
    ('s3', 'GetObject', {'Bucket': 'bucket', 'Key': 'a/b c+ä'}, 'text'),
    ('s3', 'HeadObject', {'Bucket': 'bucket', 'Key': '/k//x', 'SSECustomerAlgorithm': 'AES256', 'SSECustomerKey': 'k' * 32}, ''),
    ('s3', 'HeadObject', {'Bucket': 'bucket', 'Key': 'k'}, '', None, {'Expires': 'Sat, 28 Nov 2026 10:00:00 GMT'}),
    ('s3', 'HeadObject', {'Bucket': 'bucket', 'Key': 'k'}, '', None, {'Expires': 'next week'}),
    ('s3', 'HeadBucket', {'Bucket': 'bucket'}, ''),
    ('s3', 'GetObjectTagging', {'Bucket': POINT, 'Key': 'k'}, '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>'),
    # A custom endpoint, as of MinIO.
    ('s3', 'ListObjectsV2', {'Bucket': 'bucket'}, LISTING, 'http://localhost:9000'),
    ('s3', 'GetObjectTagging', {'Bucket': 'bucket', 'Key': 'k'}, '<Tagging/>', 'http://minio.example.com/base'),
    ('s3', 'ListBuckets', {}, '<ListAllMyBucketsResult/>', 'http://localhost:9000'),
    ('s3control', 'GetPublicAccessBlock', {'AccountId': '123456789012'}, '<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>'),
    ('s3control', 'ListAccessPoints', {'AccountId': '123456789012', 'MaxResults': 5}, '<ListAccessPointsResult/>'),
    ('route53', 'GetHostedZone', {'Id': '/hostedzone/Z1'}, '<GetHostedZoneResponse/>'),
    ('route53', 'GetChange', {'Id': '/change/C1'}, '<GetChangeResponse/>'),
    ('route53', 'GetReusableDelegationSet', {'Id': '/delegationset/N1'}, '<GetReusableDelegationSetResponse/>'),
    ('route53', 'ListResourceRecordSets', {'HostedZoneId': '/hostedzone/Z1', 'StartRecordName': 'a.example.com.'}, '<ListResourceRecordSetsResponse/>'),
    ('route53', 'ListQueryLoggingConfigs', {'HostedZoneId': '/hostedzone/Z1'}, '<ListQueryLoggingConfigsResponse/>'),
    ('glacier', 'ListVaults', {}, '{"VaultList": []}'),
    ('glacier', 'DescribeVault', {'vaultName': 'v'}, '{"VaultName": "v"}'),
    ('ec2', 'GetConsoleOutput', {'InstanceId': 'i-1'}, CONSOLE % base64.b64encode('boot ä\n'.encode() + b'\xff').decode()),
    ('ec2', 'GetConsoleOutput', {'InstanceId': 'i-1'}, CONSOLE % 'not base64!'),
    ('iam', 'GetRolePolicy', {'RoleName': 'r', 'PolicyName': 'p'}, '<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyDocument>%7B%22Statement%22%3A%5B%22a+b%22%5D%7D</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>'),
    ('cloudsearchdomain', 'Search', {'query': 'a b', 'size': 3}, '{"hits": {"found": 1, "start": 0, "hit": []}}',
     'https://search-d.eu-west-1.cloudsearch.amazonaws.com'),
    ('cloudformation', 'GetTemplate', {'StackName': 's'}, TEMPLATE % '{"Resources": {"a&lt;": [1, null, true]}}'),
    ('cloudformation', 'GetTemplate', {'StackName': 's'}, TEMPLATE % 'Resources:\n  A: {}\n'),
    ('apigateway', 'GetRestApis', {}, '{"item": []}'),
    ('cognito-identity', 'GetId', {'IdentityPoolId': 'eu-west-1:1'}, '{"IdentityId": "x"}'),
    ('dynamodb', 'DescribeTable', {'TableName': 't'}, '{"Table": {"TableName": "t"}}'),
    ('dynamodb', 'DescribeTable', {'TableName': 'arn:aws:dynamodb:eu-west-1:123456789012:table/t'}, '{"Table": {"TableName": "t"}}'),
]


class Raw(io.BytesIO):
    def stream(self, *_, **__):
        yield self.read()


def plain(value):
    if hasattr(value, 'read'):
        value = value.read()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.isoformat()


def main(region, account):
    session = botocore.session.Session()
    session.set_credentials('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'token', account_id=account)
    for service, operation, params, reply, *more in CASES:
        url, reply_headers = (*more, None, None)[:2]
        reply_headers = {'Content-Length': str(len(reply.encode())), **(reply_headers or {})}
        client = session.create_client(service, region_name=region, endpoint_url=url)
        sent = {}

        def answer(request, **_):
            body = request.body or b''
            body = body.encode() if isinstance(body, str) else bytes(body)
            sent.update(
                method=request.method, url=request.url, body=base64.b64encode(body).decode(),
                headers={k: v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()},
            )
            return AWSResponse(request.url, 200, reply_headers, Raw(reply.encode()))

        client.meta.events.register('before-send', answer)
        got = getattr(client, botocore.xform_name(operation))(**params)
        got.pop('ResponseMetadata')
        print(json.dumps({
            'service': service, 'operation': operation, 'region': region, 'params': params, 'reply': reply, 'replyHeaders': reply_headers,
            'answer': got, 'endpoint': url, **sent,
        }, default=plain))


if __name__ == '__main__':
    main(*sys.argv[1:])
