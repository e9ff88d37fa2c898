"""Fills two accounts and two regions of moto. Prints the kinds of resources, one a line: {kind};
and then the records that boto3 finds: {kind, record}."""

import base64
import datetime
import json
import sys

import boto3
import kinds_fill

URL, KEY = sys.argv[1], sys.argv[2]
REGIONS = ['us-east-1', 'eu-central-1']
EC2_ARN = 'arn:aws:ec2:{region}:{account}:'
COMMON = ['AccountId', 'AccountName', 'Region', 'Kind', 'Id', 'Name', 'Arn', 'State', 'CreatedAt', 'Tags']
TAGS = ['Tags', 'tags', 'TagList', 'TagSet']

# Each kind: where its items are, and its fields Id, Name, Arn, State and CreatedAt.
REGIONAL = {
    'volumes': ('ec2 describe_volumes Volumes', '{VolumeId}', None, EC2_ARN + 'volume/{VolumeId}', '{State}', '{CreateTime}'),
    'snapshots': ('ec2 describe_snapshots Snapshots', '{SnapshotId}', None, 'arn:aws:ec2:{region}::snapshot/{SnapshotId}', '{State}', '{StartTime}'),
    'images': ('ec2 describe_images Images', '{ImageId}', '{Name}', 'arn:aws:ec2:{region}::image/{ImageId}', '{State}', '{CreationDate}'),
    'addresses': ('ec2 describe_addresses Addresses', '{AllocationId}', None, EC2_ARN + 'elastic-ip/{AllocationId}', '', ''),
    'network-interfaces': ('ec2 describe_network_interfaces NetworkInterfaces', '{NetworkInterfaceId}', None,
                           EC2_ARN + 'network-interface/{NetworkInterfaceId}', '{Status}', ''),
    'security-groups': ('ec2 describe_security_groups SecurityGroups', '{GroupId}', '{GroupName}', EC2_ARN + 'security-group/{GroupId}', '', ''),
    'security-group-rules': ('ec2 describe_security_group_rules SecurityGroupRules', '{SecurityGroupRuleId}', None,
                             EC2_ARN + 'security-group-rule/{SecurityGroupRuleId}', '', ''),
    'vpcs': ('ec2 describe_vpcs Vpcs', '{VpcId}', None, EC2_ARN + 'vpc/{VpcId}', '{State}', ''),
    'subnets': ('ec2 describe_subnets Subnets', '{SubnetId}', None, EC2_ARN + 'subnet/{SubnetId}', '{State}', ''),
    'route-tables': ('ec2 describe_route_tables RouteTables', '{RouteTableId}', None, EC2_ARN + 'route-table/{RouteTableId}', '', ''),
    'nat-gateways': ('ec2 describe_nat_gateways NatGateways', '{NatGatewayId}', None, EC2_ARN + 'natgateway/{NatGatewayId}', '{State}', '{CreateTime}'),
    'internet-gateways': ('ec2 describe_internet_gateways InternetGateways', '{InternetGatewayId}', None,
                          EC2_ARN + 'internet-gateway/{InternetGatewayId}', '', ''),
    'vpc-endpoints': ('ec2 describe_vpc_endpoints VpcEndpoints', '{VpcEndpointId}', None, EC2_ARN + 'vpc-endpoint/{VpcEndpointId}', '{State}', '{CreationTimestamp}'),
    'transit-gateways': ('ec2 describe_transit_gateways TransitGateways', '{TransitGatewayId}', None, '{TransitGatewayArn}', '{State}', '{CreationTime}'),
    'key-pairs': ('ec2 describe_key_pairs KeyPairs', '{KeyPairId}', '{KeyName}', EC2_ARN + 'key-pair/{KeyName}', '', '{CreateTime}'),
    'launch-templates': ('ec2 describe_launch_templates LaunchTemplates', '{LaunchTemplateId}', '{LaunchTemplateName}',
                         EC2_ARN + 'launch-template/{LaunchTemplateId}', '', '{CreateTime}'),
    'auto-scaling-groups': ('autoscaling describe_auto_scaling_groups AutoScalingGroups', '{AutoScalingGroupName}', '{AutoScalingGroupName}',
                            '{AutoScalingGroupARN}', '', '{CreatedTime}'),
    'load-balancers': [
        ('elbv2 describe_load_balancers LoadBalancers', '{LoadBalancerName}', '{LoadBalancerName}', '{LoadBalancerArn}', '{State[Code]}', '{CreatedTime}'),
        ('elb describe_load_balancers LoadBalancerDescriptions', '{LoadBalancerName}', '{LoadBalancerName}',
         'arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}', '', '{CreatedTime}')],
    'target-groups': ('elbv2 describe_target_groups TargetGroups', '{TargetGroupName}', '{TargetGroupName}', '{TargetGroupArn}', '', ''),
    'functions': ('lambda list_functions Functions', '{FunctionName}', '{FunctionName}', '{FunctionArn}', '', ''),
    'db-instances': ('rds describe_db_instances DBInstances', '{DBInstanceIdentifier}', '{DBInstanceIdentifier}', '{DBInstanceArn}',
                     '{DBInstanceStatus}', '{InstanceCreateTime}'),
    'db-clusters': ('rds describe_db_clusters DBClusters', '{DBClusterIdentifier}', '{DBClusterIdentifier}', '{DBClusterArn}', '{Status}', '{ClusterCreateTime}'),
    'db-snapshots': ('rds describe_db_snapshots DBSnapshots', '{DBSnapshotIdentifier}', '{DBSnapshotIdentifier}', '{DBSnapshotArn}', '{Status}', '{SnapshotCreateTime}'),
    'db-cluster-snapshots': ('rds describe_db_cluster_snapshots DBClusterSnapshots', '{DBClusterSnapshotIdentifier}', '{DBClusterSnapshotIdentifier}',
                             '{DBClusterSnapshotArn}', '{Status}', '{SnapshotCreateTime}'),
    'tables': ('tables', '{TableName}', '{TableName}', '{TableArn}', '{TableStatus}', '{CreationDateTime}'),
    'caches': ('elasticache describe_cache_clusters CacheClusters', '{CacheClusterId}', '{CacheClusterId}', '{ARN}', '{CacheClusterStatus}', '{CacheClusterCreateTime}'),
    'file-systems': ('efs describe_file_systems FileSystems', '{FileSystemId}', '{Name}', '{FileSystemArn}', '{LifeCycleState}', '{CreationTime}'),
    'ecs-clusters': ('ecs_clusters', '{clusterName}', '{clusterName}', '{clusterArn}', '{status}', ''),
    'ecs-services': ('ecs_services', '{serviceName}', '{serviceName}', '{serviceArn}', '{status}', '{createdAt}'),
    'eks-clusters': ('eks_clusters', '{name}', '{name}', '{arn}', '{status}', '{createdAt}'),
    'ecr-repositories': ('ecr describe_repositories repositories', '{repositoryName}', '{repositoryName}', '{repositoryArn}', '', '{createdAt}'),
    'stacks': ('cloudformation describe_stacks Stacks', '{StackName}', '{StackName}', '{StackId}', '{StackStatus}', '{CreationTime}'),
    'log-groups': ('logs describe_log_groups logGroups', '{logGroupName}', '{logGroupName}', '{logGroupArn}', '', '{creationTime}'),
    'alarms': [(f'cloudwatch describe_alarms {types}', '{AlarmName}', '{AlarmName}', '{AlarmArn}', '{StateValue}', '') for types in ('MetricAlarms', 'CompositeAlarms')],
    'queues': ('queues', '{name}', '{name}', '{Attributes[QueueArn]}', '', '{Attributes[CreatedTimestamp]}'),
    'topics': ('topics', '{name}', '{name}', '{TopicArn}', '', ''),
    'streams': ('kinesis list_streams StreamSummaries', '{StreamName}', '{StreamName}', '{StreamARN}', '{StreamStatus}', '{StreamCreationTimestamp}'),
    'state-machines': ('stepfunctions list_state_machines stateMachines', '{name}', '{name}', '{stateMachineArn}', '', '{creationDate}'),
    'event-rules': ('event_rules', '{EventBusName}/{Name}', '{Name}', '{Arn}', '{State}', ''),
    'secrets': ('secretsmanager list_secrets SecretList', '{Name}', '{Name}', '{ARN}', '', '{CreatedDate}'),
    'parameters': ('ssm describe_parameters Parameters', '{Name}', '{Name}', '{ARN}', '', ''),
    'keys': ('keys', '{KeyId}', None, '{Arn}', '{KeyState}', '{CreationDate}'),
    'certificates': ('certificates', '{id}', '{DomainName}', '{CertificateArn}', '{Status}', '{CreatedAt}'),
    'apis': [
        ('apigateway get_rest_apis items', '{id}', '{name}', 'arn:aws:apigateway:{region}::/restapis/{id}', '', '{createdDate}'),
        ('apigatewayv2 get_apis Items', '{ApiId}', '{Name}', 'arn:aws:apigateway:{region}::/apis/{ApiId}', '', '{CreatedDate}')],
    'api-domains': ('apigateway get_domain_names items', '{domainName}', '{domainName}', 'arn:aws:apigateway:{region}::/domainnames/{domainName}',
                    '{domainNameStatus}', ''),
    'trails': ('cloudtrail describe_trails trailList', '{Name}', '{Name}', '{TrailARN}', '', ''),
}
GLOBAL = {
    'buckets': ('s3 list_buckets Buckets', '{Name}', '{Name}', 'arn:aws:s3:::{Name}', '', '{CreationDate}'),
    'hosted-zones': ('zones', '{id}', '{Name}', 'arn:aws:route53:::hostedzone/{id}', '', ''),
    'records': ('records', '{id}', '{Name}', '', '', ''),
    'distributions': ('distributions', '{Id}', '{name}', '{ARN}', '{Status}', ''),
    'users': ('iam list_users Users', '{UserName}', '{UserName}', '{Arn}', '', '{CreateDate}'),
    'groups': ('iam list_groups Groups', '{GroupName}', '{GroupName}', '{Arn}', '', '{CreateDate}'),
    'roles': ('iam list_roles Roles', '{RoleName}', '{RoleName}', '{Arn}', '', '{CreateDate}'),
    'policies': ('iam list_policies Policies', '{PolicyName}', '{PolicyName}', '{Arn}', '', '{CreateDate}'),
    'access-keys': ('access_keys', '{AccessKeyId}', '{UserName}', '', '{Status}', '{CreateDate}'),
    'mfa-devices': ('mfa_devices', '{SerialNumber}', '{UserName}', '', '', '{EnableDate}'),
    'budgets': ('budgets', '{BudgetName}', '{BudgetName}', 'arn:aws:budgets::{account}:budget/{BudgetName}', '', ''),
}
PARAMETERS = {
    'describe_snapshots': {'OwnerIds': ['self']}, 'describe_images': {'Owners': ['self']}, 'describe_trails': {'includeShadowTrails': False},
    'list_policies': {'Scope': 'Local'}, 'describe_alarms': {'AlarmTypes': ['MetricAlarm', 'CompositeAlarm']},
    'describe_cache_clusters': {'ShowCacheNodeInfo': True}, 'list_buckets': {'MaxBuckets': 100},
}


def read(client, operation, member, **parameters):
    """Returns the items of all pages."""
    parameters = parameters or PARAMETERS.get(operation, {})
    if client.can_paginate(operation):
        answer = client.get_paginator(operation).paginate(**parameters).build_full_result()
    else:
        answer = getattr(client, operation)(**parameters)
    return answer.get(member, [])


# The kinds that need several calls, or texts that a format cannot express: a member whose
# name begins with a dash is for formats alone.

def tables(c):
    return [c('dynamodb').describe_table(TableName=name)['Table'] for name in read(c('dynamodb'), 'list_tables', 'TableNames')]


def ecs_clusters(c):
    return c('ecs').describe_clusters(clusters=read(c('ecs'), 'list_clusters', 'clusterArns'), include=['TAGS'])['clusters']


def ecs_services(c):
    found = []
    for cluster in read(c('ecs'), 'list_clusters', 'clusterArns'):
        services = read(c('ecs'), 'list_services', 'serviceArns', cluster=cluster)
        for i in range(0, len(services), 5):
            found += c('ecs').describe_services(cluster=cluster, services=services[i:i + 5], include=['TAGS'])['services']
    return found


def eks_clusters(c):
    return [c('eks').describe_cluster(name=name)['cluster'] for name in read(c('eks'), 'list_clusters', 'clusters')]


def queues(c):
    return [{'-name': url.split('/')[-1], 'QueueUrl': url, 'Attributes': c('sqs').get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']}
            for url in read(c('sqs'), 'list_queues', 'QueueUrls')]


def event_rules(c):
    return [rule for bus in read(c('events'), 'list_event_buses', 'EventBuses')
            for rule in read(c('events'), 'list_rules', 'Rules', EventBusName=bus['Name'])]


def topics(c):
    return [{'-name': topic['TopicArn'].split(':')[-1], **topic} for topic in read(c('sns'), 'list_topics', 'Topics')]


def keys(c):
    return [{**key, **c('kms').describe_key(KeyId=key['KeyId'])['KeyMetadata']} for key in read(c('kms'), 'list_keys', 'Keys')]


def certificates(c):
    every = ['RSA_1024', 'RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1']
    found = read(c('acm'), 'list_certificates', 'CertificateSummaryList', Includes={'keyTypes': every})
    return [{'-id': one['CertificateArn'].split('/')[-1], **one} for one in found]


def zones(c):
    return [{'-id': zone['Id'].split('/')[-1], **zone} for zone in read(c('route53'), 'list_hosted_zones', 'HostedZones')]


def records(c):
    return [{**record, 'ZoneId': zone['Id'], 'ZoneName': zone['Name'], '-id': '_'.join([zone['-id'], record['Name'], record['Type']])}
            for zone in zones(c) for record in read(c('route53'), 'list_resource_record_sets', 'ResourceRecordSets', HostedZoneId=zone['Id'])]


def distributions(c):
    found = c('cloudfront').list_distributions()['DistributionList'].get('Items', [])
    return [{'-name': (one.get('Aliases', {}).get('Items') or [one['DomainName']])[0], **one} for one in found]


def access_keys(c):
    found = []
    for user in read(c('iam'), 'list_users', 'Users'):
        for key in read(c('iam'), 'list_access_keys', 'AccessKeyMetadata', UserName=user['UserName']):
            used = c('iam').get_access_key_last_used(AccessKeyId=key['AccessKeyId'])
            found.append({**key, 'AccessKeyLastUsed': used['AccessKeyLastUsed']})
    return found


def mfa_devices(c):
    return [device for user in read(c('iam'), 'list_users', 'Users')
            for device in read(c('iam'), 'list_mfa_devices', 'MFADevices', UserName=user['UserName'])]


def budgets(c):
    return read(c('budgets'), 'describe_budgets', 'Budgets', AccountId=c('sts').get_caller_identity()['Account'])


class Item(dict):
    """An item in a format: a missing member is empty."""

    def __missing__(self, name):
        return self.get('-' + name, '')


def record(kind, source, item, account, region):
    """Returns the record of an item."""
    tags = next((item[name] for name in TAGS if name in item), {})
    if isinstance(tags, list):
        lower = [{k.lower().removeprefix('tag'): v for k, v in tag.items()} for tag in tags]
        tags = {tag['key']: tag['value'] for tag in lower}
    made = {'AccountId': account['Id'], 'AccountName': account['Name'], 'Region': region, 'Kind': kind, 'Tags': tags}
    sources = dict(zip(['Id', 'Name', 'Arn', 'State', 'CreatedAt'], source[1:]))
    for field, text in sources.items():
        if text is None:
            made[field] = tags.get('Name', '')
        elif text.startswith('{') and text.endswith('}') and text.strip('{}') in item:
            made[field] = item[text.strip('{}')]
        else:
            made[field] = text.format_map(Item(item, account=account['Id'], region=region))
    if str(made['CreatedAt']).replace('.', '').isdigit():
        made['CreatedAt'] = moment(float(made['CreatedAt']))
    for name, value in item.items():
        if name in COMMON:
            if sources.get(name) != '{%s}' % name and name != 'Tags':
                made['Own' + name] = value
        elif not name.startswith('-'):
            made[name] = value
    return made


def moment(number):
    """Returns the time that is so many seconds or milliseconds after 1970."""
    milliseconds = int(number if number > 1e11 else number * 1000)
    return datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc).replace(microsecond=milliseconds % 1000 * 1000)


def items(c, where):
    words = where.split()
    return read(c(words[0]), words[1], words[2]) if len(words) == 3 else globals()[where](c)


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return base64.b64encode(value).decode()


def main():
    session, made = boto3.Session(), {}
    for kind in [*REGIONAL, *GLOBAL]:
        print(json.dumps({'kind': kind}))

    def client(service, key, secret='x', token=None, region='us-east-1'):
        made_of = (service, key, region)
        if made_of not in made:
            made[made_of] = session.client(service, region_name=region, endpoint_url=URL, aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)
        return made[made_of]

    organizations = client('organizations', KEY)
    organizations.create_organization(FeatureSet='ALL')
    organizations.create_account(AccountName='Second, "eu"', Email='second@example.com')
    for number, account in enumerate(organizations.list_accounts()['Accounts']):
        role = client('sts', KEY).assume_role(RoleArn='arn:aws:iam::%s:role/Reader' % account['Id'], RoleSessionName='fill')['Credentials']

        def of(region):
            return lambda service: client(service, role['AccessKeyId'], role['SecretAccessKey'], role['SessionToken'], region)

        kinds_fill.account(of('us-east-1'), client)
        for region in REGIONS[number:]:  # the second account has one region
            kinds_fill.place(of(region), region)
        for kinds, regions in (GLOBAL, ['']), (REGIONAL, REGIONS):
            for region in regions:
                for kind, sources in kinds.items():
                    for source in sources if isinstance(sources, list) else [sources]:
                        for item in items(of(region or 'us-east-1'), source[0]):
                            print(json.dumps({'kind': kind, 'record': record(kind, source, item, account, region)}, default=plain))


main()
