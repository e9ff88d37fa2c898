"""Prints botocore's endpoint of every service: SERVICE REGION FIPS DUALSTACK and the
URL with what signs it, or error. The region of a partition that botocore does not know
yet, and parameters of single services, are in it too."""

import json

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

session = botocore.session.get_session()
loader = session.get_component('data_loader')
partitions = loader.load_data('partitions')
regions = [r for p in partitions['partitions'] for r in p['regions']] + ['eu-west-9', 'us-gov-north-7', 'cn-west-3']

ARN = 'arn:aws:{}:eu-west-1:264511973012:{}'
EXTRA = {
    's3': [
        {'Bucket': bucket, 'UseGlobalEndpoint': legacy, 'ForcePathStyle': path, 'Region': region}
        for bucket in ['plain', 'with.dots', 'UPPER', '192.168.1.1', 'a', 'bucket--use1-az4--x-s3', 'arn:aws:s3:eu-west-1:264511973012:accesspoint/mine', 'arn:aws:s3::264511973012:accesspoint:mine.mrap']
        for legacy in [True, False]
        for path in [True, False]
        for region in ['us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1', 'aws-global']
    ],
    's3control': [{'AccountId': '264511973012', 'RequiresAccountId': True}, {'AccountId': 'bad.account', 'RequiresAccountId': True}, {'RequiresAccountId': True}],
    'dynamodb': [
        {'AccountId': '264511973012', 'AccountIdEndpointMode': mode, **more}
        for mode in ['preferred', 'disabled', 'required']
        for more in [{}, {'ResourceArn': ARN.format('dynamodb', 'table/t')}, {'ResourceArnList': [ARN.format('dynamodb', 'table/t')]}]
    ],
    'kinesis': [{'StreamARN': ARN.format('kinesis', 'stream/s'), 'OperationType': t} for t in ['data', 'control']] + [{'OperationType': 'data'}],
    'sts': [{'UseGlobalEndpoint': True}, {'UseGlobalEndpoint': True, 'Region': 'ap-east-1'}],
    'events': [{'EndpointId': 'abc.def'}, {'EndpointId': 'bad id'}],
    'cloudfront-keyvaluestore': [{'KvsARN': 'arn:aws:cloudfront::264511973012:key-value-store/1'}, {'KvsARN': 'no arn'}],
    'ec2': [{'Endpoint': 'http://127.0.0.1:4566/x'}, {'Endpoint': 'http://127.0.0.1:4566', 'UseFIPS': True}],
}


def answer(name, provider, **values):
    out = {'service': name, 'values': values}
    try:
        endpoint = provider.resolve_endpoint(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
        schemes = endpoint.properties.get('authSchemes') or [{}]
        # Without its native library botocore signs with version 4 where it may choose.
        scheme = next((s for s in schemes if schemes[0].get('name') == 'sigv4a' and s.get('name') == 'sigv4'), schemes[0])
        out.update(url=endpoint.url, scheme=scheme.get('name', ''), name=scheme.get('signingName', ''), region=scheme.get('signingRegion', ''), set=scheme.get('signingRegionSet'), headers=endpoint.headers or None)
    except EndpointProviderError:
        out['error'] = True
    print(json.dumps(out))


for name in session.get_available_services():
    provider = EndpointProvider(loader.load_service_model(name, 'endpoint-rule-set-1'), partitions)
    for region in regions:
        for fips in [False, True]:
            for dualstack in [False, True]:
                answer(name, provider, Region=region, UseFIPS=fips, UseDualStack=dualstack)
    for extra in EXTRA.get(name, []):
        answer(name, provider, **{'Region': 'eu-west-1', 'UseFIPS': False, 'UseDualStack': False, **extra})
