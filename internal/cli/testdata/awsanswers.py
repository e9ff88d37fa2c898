"""Fills moto and runs command lines of the AWS CLI over it: a JSON list of lists of words on
stdin. Prints a JSON list with the exit code and the output of each.

One process with one session does both: the models of AWS's services take seconds to read.
"""

import contextlib
import io
import json
import sys
import zipfile

from awscli.clidriver import create_clidriver

moto, url, region = sys.argv[1:] # url leads to moto and keeps its answers
driver = create_clidriver()


def client(service):
    return driver.session.create_client(service, region_name=region, endpoint_url=moto)


def fill():
    ec2 = client('ec2')
    image = ec2.describe_images()['Images'][0]['ImageId']
    ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType='t3.small', TagSpecifications=[
        {'ResourceType': 'instance', 'Tags': [{'Key': 'Name', 'Value': 'web "ä" <y>'}, {'Key': 'env', 'Value': 'null'}]}])
    ec2.create_volume(AvailabilityZone=region + 'a', Size=100, TagSpecifications=[{'ResourceType': 'volume', 'Tags': [{'Key': 'Name', 'Value': "it's: - yes"}]}])
    ec2.create_snapshot(VolumeId=ec2.describe_volumes()['Volumes'][0]['VolumeId'], Description='')
    ec2.create_key_pair(KeyName='key')
    ec2.allocate_address(Domain='vpc')
    ec2.authorize_security_group_ingress(GroupId=ec2.describe_security_groups()['SecurityGroups'][0]['GroupId'], IpPermissions=[
        {'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': '10.0.0.0/8', 'Description': '0123'}, {'CidrIp': '192.0.2.0/24'}]}])
    iam = client('iam')
    for i in range(3):
        iam.create_user(UserName=f'user{i}', Path='/team/')
        iam.create_access_key(UserName=f'user{i}')
    policy = json.dumps({'Statement': [{'Action': 'sts:AssumeRole', 'Effect': 'Allow', 'Principal': {'Service': 'lambda.amazonaws.com'}}]})
    role = iam.create_role(RoleName='worker', AssumeRolePolicyDocument=policy)['Role']['Arn']
    iam.create_account_alias(AccountAlias='alias')
    client('s3').create_bucket(Bucket='bucket-one')
    client('s3').create_bucket(Bucket='bucket-two')
    client('s3').put_object(Bucket='bucket-one', Key='a b/ü.txt', Body=b'x')
    client('route53').create_hosted_zone(Name='example.com', CallerReference='1')
    code = io.BytesIO()
    with zipfile.ZipFile(code, 'w') as z:
        z.writestr('f.py', 'def f(e, c): pass')
    for i in range(2):
        client('lambda').create_function(FunctionName=f'f{i}', Runtime='python3.12', Role=role, Handler='f.f', Code={'ZipFile': code.getvalue()}, Environment={'Variables': {'A': str(i)}})
        client('sqs').create_queue(QueueName=f'queue{i}')
        client('logs').create_log_group(logGroupName=f'/g/{i}')
        client('ssm').put_parameter(Name=f'/p/{i}', Value='v', Type='String')
        client('ecs').create_cluster(clusterName=f'c{i}')
    client('sns').create_topic(Name='topic')
    client('secretsmanager').create_secret(Name='bytes', SecretBinary=b'\x01\xff')
    dynamodb = client('dynamodb')
    dynamodb.create_table(TableName='t', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}], AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
    dynamodb.put_item(TableName='t', Item={
        'k': {'S': '"1"'}, 'n': {'N': '12345678901234567890'}, 'b': {'B': b'\x00\xff'}, 'm': {'M': {'a': {'BOOL': True}, 'b': {'M': {}}}},
        'l': {'L': [{'S': 'x'}, {'NULL': True}, {'L': [{'N': '1.5'}, {'B': b'y'}]}]}, 'bs': {'BS': [b'1']}, 'ss': {'SS': ['y', 'x']}})
    for name, threshold in ('half', 0.5), ('whole', 80), ('huge', 1e22):
        client('cloudwatch').put_metric_alarm(
            AlarmName=name, MetricName='m', Namespace='n', Statistic='Average', Period=60, EvaluationPeriods=1, Threshold=threshold,
            ComparisonOperator='GreaterThanThreshold', Dimensions=[{'Name': 'a', 'Value': 'b'}])
    client('kms').create_alias(AliasName='alias/a', TargetKeyId=client('kms').create_key()['KeyMetadata']['KeyId'])
    client('kinesis').create_stream(StreamName='stream', ShardCount=1)
    client('events').put_rule(Name='rule', ScheduleExpression='rate(1 hour)')
    client('apigateway').create_rest_api(name='api')


def run(words):
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), encoding='utf-8'), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            code = driver.main(words + ['--region', region, '--endpoint-url', url])
        except SystemExit as e:
            code = e.code
    stdout.flush()
    return {'code': code, 'stdout': stdout.buffer.getvalue().decode(), 'stderr': stderr.getvalue()}


fill()
json.dump([run(words) for words in json.load(sys.stdin)], sys.stdout)
