"""Fills moto and prints what boto3 reads from it: for each read, {service, operation, region,
answer}, where the answer has all pages. The service is named as in the AWS CLI."""

import base64
import datetime
import io
import json
import sys
import zipfile

import boto3
from botocore import xform_name

url, key = sys.argv[1], sys.argv[2]
REGIONS = ['us-east-1', 'eu-central-1']
READS = '''
ec2 describe_volumes, ec2 describe_security_groups, ec2 describe_vpcs, ec2 describe_subnets, ec2 describe_route_tables,
ec2 describe_instances, ec2 describe_addresses, ec2 describe_network_interfaces, ec2 describe_key_pairs,
ec2 describe_internet_gateways, ec2 describe_tags, ec2 describe_availability_zones, ec2 describe_snapshots,
s3 list_buckets, iam list_users, iam list_roles, iam list_groups, iam list_policies, iam list_access_keys,
iam get_account_summary, iam list_account_aliases, iam list_instance_profiles, lambda list_functions,
rds describe_db_instances, rds describe_db_clusters, dynamodb list_tables, ecs list_clusters, ecs describe_clusters,
elbv2 describe_load_balancers, elbv2 describe_target_groups, sqs list_queues, sns list_topics, sns list_subscriptions,
cloudwatch describe_alarms, cloudwatch list_metrics, logs describe_log_groups, kms list_keys, kms list_aliases,
secretsmanager list_secrets, ssm describe_parameters, route53 list_hosted_zones, cloudformation list_stacks,
cloudformation describe_stacks, stepfunctions list_state_machines, kinesis list_streams, events list_rules,
ecr describe_repositories, acm list_certificates, efs describe_file_systems, autoscaling describe_auto_scaling_groups,
autoscaling describe_launch_configurations, sts get_caller_identity, glue get_databases, athena list_work_groups,
apigateway get_rest_apis, firehose list_delivery_streams, redshift describe_clusters, elasticache describe_cache_clusters,
batch describe_job_queues, cognito-idp list_user_pools
'''
NAMES = {'s3': 's3api'}
PARAMS = {'cognito-idp list_user_pools': {'MaxResults': 10}, 'iam list_access_keys': {'UserName': 'user0'}}


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return base64.b64encode(value).decode()


def client(service, region):
    return boto3.client(service, region_name=region, endpoint_url=url, aws_access_key_id=key, aws_secret_access_key='x')


def fill(region):
    def c(service):
        return client(service, region)

    ec2 = c('ec2')
    image = ec2.describe_images()['Images'][0]['ImageId']
    instances = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType='t3.small')['Instances']
    ec2.create_volume(AvailabilityZone=region + 'a', Size=8, TagSpecifications=[{'ResourceType': 'volume', 'Tags': [{'Key': 'Name', 'Value': 'ä "x", \t<y>'}]}])
    ec2.create_snapshot(VolumeId=ec2.describe_volumes()['Volumes'][0]['VolumeId'], Description='one')
    ec2.create_key_pair(KeyName='key')
    ec2.create_internet_gateway()
    ec2.allocate_address(Domain='vpc')
    subnets = [s['SubnetId'] for s in ec2.describe_subnets()['Subnets']][:2]
    iam = c('iam')
    if region == REGIONS[0]:
        for i in range(3):
            iam.create_user(UserName=f'user{i}', Path='/team/')
            iam.create_access_key(UserName=f'user{i}')
        iam.create_role(RoleName='worker', AssumeRolePolicyDocument=json.dumps({'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'lambda.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]}))
        iam.create_group(GroupName='group')
        iam.create_account_alias(AccountAlias='alias')
        iam.create_instance_profile(InstanceProfileName='profile')
        c('s3').create_bucket(Bucket='bucket-one')
        c('s3').create_bucket(Bucket='bucket-two')
        c('route53').create_hosted_zone(Name='example.com', CallerReference='1')
    code = io.BytesIO()
    with zipfile.ZipFile(code, 'w') as z:
        z.writestr('f.py', 'def f(e, c): pass')
    role = iam.get_role(RoleName='worker')['Role']['Arn']
    for i in range(3):
        c('lambda').create_function(FunctionName=f'f{i}', Runtime='python3.12', Role=role, Handler='f.f', Code={'ZipFile': code.getvalue()}, Environment={'Variables': {'A': str(i)}})
        c('sqs').create_queue(QueueName=f'queue{i}')
        c('dynamodb').create_table(TableName=f't{i}', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}], AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
        c('logs').create_log_group(logGroupName=f'/g/{i}')
        c('ssm').put_parameter(Name=f'/p/{i}', Value='v', Type='String')
        c('secretsmanager').create_secret(Name=f's{i}', SecretString='x')
        c('ecs').create_cluster(clusterName=f'c{i}')
    topic = c('sns').create_topic(Name='topic')['TopicArn']
    c('sns').subscribe(TopicArn=topic, Protocol='email', Endpoint='a@example.com')
    c('rds').create_db_instance(DBInstanceIdentifier='db', DBInstanceClass='db.t3.micro', Engine='postgres', AllocatedStorage=20, MasterUsername='u', MasterUserPassword='password1')
    c('elbv2').create_load_balancer(Name='lb', Subnets=subnets)
    c('elbv2').create_target_group(Name='tg', Protocol='HTTP', Port=80, VpcId=ec2.describe_vpcs()['Vpcs'][0]['VpcId'])
    c('cloudwatch').put_metric_alarm(AlarmName='alarm', MetricName='m', Namespace='n', Statistic='Average', Period=60, EvaluationPeriods=1, Threshold=0.5, ComparisonOperator='GreaterThanThreshold')
    c('cloudwatch').put_metric_data(Namespace='n', MetricData=[{'MetricName': 'm', 'Value': 1.5}])
    c('kms').create_alias(AliasName='alias/a', TargetKeyId=c('kms').create_key()['KeyMetadata']['KeyId'])
    c('cloudformation').create_stack(StackName='stack', TemplateBody=json.dumps({'Resources': {'Q': {'Type': 'AWS::SQS::Queue'}}}))
    c('kinesis').create_stream(StreamName='stream', ShardCount=1)
    c('events').put_rule(Name='rule', ScheduleExpression='rate(1 hour)')
    c('ecr').create_repository(repositoryName='repo')
    c('efs').create_file_system(CreationToken='t')
    c('autoscaling').create_launch_configuration(LaunchConfigurationName='lc', ImageId=image, InstanceType='t3.small')
    c('autoscaling').create_auto_scaling_group(AutoScalingGroupName='asg', LaunchConfigurationName='lc', MinSize=0, MaxSize=1, AvailabilityZones=[region + 'a'])
    c('glue').create_database(DatabaseInput={'Name': 'database'})
    c('apigateway').create_rest_api(name='api')
    c('cognito-idp').create_user_pool(PoolName='pool')
    return instances


def main():
    for region in REGIONS:
        fill(region)
    for read in READS.replace('\n', ' ').split(','):
        service, operation = read.split()
        for region in REGIONS:
            c = client(service, region)
            params = PARAMS.get(read.strip(), {})
            if c.can_paginate(operation):
                answer = c.get_paginator(operation).paginate(**params).build_full_result()
            else:
                answer = getattr(c, operation)(**params)
            answer.pop('ResponseMetadata', None)
            print(json.dumps({
                'service': NAMES.get(service, service), 'operation': operation.replace('_', '-'), 'region': region,
                'answer': answer, 'params': [text for k, v in params.items() for text in ('--' + xform_name(k, '-'), str(v))],
            }, default=plain))


main()
