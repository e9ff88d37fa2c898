"""Creates resources of all kinds in moto."""

import io
import json
import zipfile

TRUST = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Principal': {'Service': 'ec2.amazonaws.com'}, 'Action': 'sts:AssumeRole'}]})
POLICY = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]})
TAGS = [{'Key': 'Name', 'Value': 'ä "x", <y>'}, {'Key': 'env', 'Value': 'test'}]
LOWER = [{'key': 'env', 'value': 'test'}]


def tagged(kind):
    return [{'ResourceType': kind, 'Tags': TAGS}]


def place(c, region):
    """Creates the resources of a region. c returns a client of a service."""
    ec2, zone = c('ec2'), region + 'a'
    network(c, ec2)
    image = ec2.describe_images(Owners=['amazon'])['Images'][0]['ImageId']
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, InstanceType='t3.small')['Instances'][0]['InstanceId']
    ec2.create_image(InstanceId=instance, Name='golden', TagSpecifications=tagged('image'))
    volume = ec2.create_volume(AvailabilityZone=zone, Size=8, TagSpecifications=tagged('volume'))['VolumeId']
    ec2.create_snapshot(VolumeId=volume, Description='one', TagSpecifications=tagged('snapshot'))
    ec2.create_key_pair(KeyName='pair', TagSpecifications=tagged('key-pair'))
    ec2.create_launch_template(LaunchTemplateName='template', LaunchTemplateData={'ImageId': image}, TagSpecifications=tagged('launch-template'))
    scaling = c('autoscaling')
    scaling.create_launch_configuration(LaunchConfigurationName='lc', ImageId=image, InstanceType='t3.small')
    scaling.create_auto_scaling_group(AutoScalingGroupName='asg', LaunchConfigurationName='lc', MinSize=0, MaxSize=1, AvailabilityZones=[zone], Tags=TAGS)
    functions(c)
    databases(c, zone)
    containers(c)
    messages(c)
    operations(c, region)
    apis(c)


def network(c, ec2):
    vpc = ec2.describe_vpcs()['Vpcs'][0]['VpcId']
    subnets = sorted(s['SubnetId'] for s in ec2.describe_subnets()['Subnets'])[:2]
    group = ec2.create_security_group(GroupName='web', Description='web', VpcId=vpc, TagSpecifications=tagged('security-group'))['GroupId']
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {'IpProtocol': 'tcp', 'FromPort': 443, 'ToPort': 443, 'IpRanges': [{'CidrIp': '0.0.0.0/0', 'Description': 'customers'}]}])
    ec2.create_network_interface(SubnetId=subnets[0], Description='spare', TagSpecifications=tagged('network-interface'))
    ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged('route-table'))
    gateway = ec2.create_internet_gateway(TagSpecifications=tagged('internet-gateway'))['InternetGateway']['InternetGatewayId']
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.allocate_address(Domain='vpc', TagSpecifications=tagged('elastic-ip'))
    allocation = ec2.allocate_address(Domain='vpc')['AllocationId']
    ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=allocation, TagSpecifications=tagged('natgateway'))
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName='com.amazonaws.us-east-1.s3', VpcEndpointType='Gateway', TagSpecifications=tagged('vpc-endpoint'))
    ec2.create_transit_gateway(Description='hub', TagSpecifications=tagged('transit-gateway'))
    c('elbv2').create_load_balancer(Name='alb', Subnets=subnets)
    c('elbv2').create_target_group(Name='tg', Protocol='HTTP', Port=80, VpcId=vpc)
    c('elb').create_load_balancer(LoadBalancerName='classic', Subnets=subnets, Listeners=[
        {'Protocol': 'HTTP', 'LoadBalancerPort': 80, 'InstancePort': 80}])


def functions(c):
    role = c('iam').get_role(RoleName='worker')['Role']['Arn']
    code = io.BytesIO()
    with zipfile.ZipFile(code, 'w') as z:
        z.writestr('f.py', 'def f(e, c): pass')
    for i in range(2):
        c('lambda').create_function(FunctionName=f'f{i}', Runtime='python3.12', Role=role, Handler='f.f', Code={'ZipFile': code.getvalue()})


def databases(c, zone):
    rds, login = c('rds'), {'MasterUsername': 'u', 'MasterUserPassword': 'password1'}
    rds.create_db_instance(DBInstanceIdentifier='db', DBInstanceClass='db.t3.micro', Engine='postgres', AllocatedStorage=20, Tags=TAGS, **login)
    rds.create_db_snapshot(DBInstanceIdentifier='db', DBSnapshotIdentifier='before')
    rds.create_db_cluster(DBClusterIdentifier='cluster', Engine='aurora-postgresql', Tags=TAGS, **login)
    rds.create_db_cluster_snapshot(DBClusterIdentifier='cluster', DBClusterSnapshotIdentifier='before')
    for i in range(3):
        c('dynamodb').create_table(TableName=f't{i}', KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}],
                                   AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], BillingMode='PAY_PER_REQUEST')
    c('elasticache').create_cache_cluster(CacheClusterId='cache', Engine='redis', CacheNodeType='cache.t4g.micro', NumCacheNodes=1)
    c('efs').create_file_system(CreationToken='t', Tags=TAGS)


def containers(c):
    ecs = c('ecs')
    for i in range(2):
        ecs.create_cluster(clusterName=f'c{i}', tags=LOWER)
        task = ecs.register_task_definition(family='task', containerDefinitions=[{'name': 'x', 'image': 'x', 'memory': 64}])['taskDefinition']['taskDefinitionArn']
        for j in range(1 if i else 11):  # 11 are more than a batch
            ecs.create_service(cluster=f'c{i}', serviceName=f's{j}', taskDefinition=task, desiredCount=1, tags=LOWER)
    role = c('iam').get_role(RoleName='worker')['Role']['Arn']
    c('eks').create_cluster(name='eks', roleArn=role, resourcesVpcConfig={'subnetIds': ['subnet-1']}, tags={'env': 'test'})
    c('ecr').create_repository(repositoryName='team/repo')


def messages(c):
    for i in range(2):
        c('sqs').create_queue(QueueName=f'queue{i}')
        c('sns').create_topic(Name=f'topic{i}')
    c('kinesis').create_stream(StreamName='stream', ShardCount=1)
    c('stepfunctions').create_state_machine(name='machine', definition='{}', roleArn='arn:aws:iam::123456789012:role/worker')
    c('events').create_event_bus(Name='bus')
    for bus in 'default', 'bus':
        c('events').put_rule(Name='rule', EventBusName=bus, EventPattern='{"source": ["shop"]}', Description='orders')


def operations(c, region):
    c('cloudformation').create_stack(StackName='stack', Tags=TAGS, TemplateBody=json.dumps({'Resources': {'Q': {'Type': 'AWS::SNS::Topic'}}}))
    c('logs').create_log_group(logGroupName='/g/1')
    c('cloudwatch').put_metric_alarm(AlarmName='alarm', MetricName='m', Namespace='n', Statistic='Average', Period=60, EvaluationPeriods=1,
                                     Threshold=0.5, ComparisonOperator='GreaterThanThreshold')
    c('secretsmanager').create_secret(Name='secret', SecretString='x', Tags=TAGS)
    for i in range(2):
        c('ssm').put_parameter(Name=f'/p/{i}', Value='v', Type='String')
    c('kms').create_key(Description='key')
    c('acm').request_certificate(DomainName='example.com', KeyAlgorithm='EC_prime256v1')
    bucket = f'trail-{c("sts").get_caller_identity()["Account"]}-{region}'
    c('s3').create_bucket(Bucket=bucket, **({} if region == 'us-east-1' else {'CreateBucketConfiguration': {'LocationConstraint': region}}))
    c('cloudtrail').create_trail(Name='trail-' + region, S3BucketName=bucket, IsMultiRegionTrail=region == 'us-east-1')


def apis(c):
    c('apigateway').create_rest_api(name='rest', tags={'env': 'test'})
    c('apigateway').create_domain_name(domainName='api.example.com', tags={'env': 'test'})
    c('apigatewayv2').create_api(Name='http', ProtocolType='HTTP', Tags={'env': 'test'})


def account(c, client):
    """Creates the resources of a whole account. client returns a client with other keys."""
    iam = c('iam')
    iam.create_role(RoleName='worker', AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    iam.create_group(GroupName='group')
    iam.create_policy(PolicyName='policy', PolicyDocument=POLICY)
    for i in range(3):
        iam.create_user(UserName=f'user{i}', Tags=TAGS)
    for name in 'user0', 'user0', 'user2':
        key = iam.create_access_key(UserName=name)['AccessKey']
    client('sts', key['AccessKeyId'], key['SecretAccessKey']).get_caller_identity()  # user2's key is in use
    iam.update_access_key(UserName='user0', AccessKeyId=iam.list_access_keys(UserName='user0')['AccessKeyMetadata'][0]['AccessKeyId'], Status='Inactive')
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName='user0')['VirtualMFADevice']['SerialNumber']
    iam.enable_mfa_device(UserName='user0', SerialNumber=device, AuthenticationCode1='123456', AuthenticationCode2='654321')
    route53 = c('route53')
    for i in range(2):
        zone = route53.create_hosted_zone(Name=f'z{i}.example.com', CallerReference=str(i))['HostedZone']['Id']
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={'Changes': [{'Action': 'CREATE', 'ResourceRecordSet': {
            'Name': f'{name}.z{i}.example.com', 'Type': 'A', 'TTL': 60, 'ResourceRecords': [{'Value': '192.0.2.1'}]}} for name in ('a', 'b')]})
    c('cloudfront').create_distribution(DistributionConfig={
        'CallerReference': 'x', 'Comment': 'x', 'Enabled': True, 'Aliases': {'Quantity': 1, 'Items': ['www.example.com']},
        'Origins': {'Quantity': 1, 'Items': [{'Id': 'o', 'DomainName': 'o.s3.amazonaws.com', 'S3OriginConfig': {'OriginAccessIdentity': ''}}]},
        'DefaultCacheBehavior': {'TargetOriginId': 'o', 'ViewerProtocolPolicy': 'allow-all', 'MinTTL': 0,
                                 'ForwardedValues': {'QueryString': False, 'Cookies': {'Forward': 'none'}}}})
    number = c('sts').get_caller_identity()['Account']
    c('budgets').create_budget(AccountId=number, Budget={
        'BudgetName': 'budget', 'TimeUnit': 'DAILY', 'BudgetType': 'COST', 'BudgetLimit': {'Amount': '1', 'Unit': 'USD'}})
