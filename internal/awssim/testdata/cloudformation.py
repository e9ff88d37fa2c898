"""Drives the simulated CloudFormation with boto3. The argument is the name of a function."""

import sys

import boto3
from botocore.exceptions import ClientError

TEMPLATE = '''
AWSTemplateFormatVersion: "2010-09-09"
Description: a role & more
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: %s
      MaxSessionDuration: 7200
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::%s:root"}, Action: "sts:AssumeRole",
          Condition: {StringEquals: {"sts:ExternalId": "42"}}}]
      ManagedPolicyArns: [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonEC2ReadOnlyAccess"}]
      Policies: [{PolicyName: regions, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["account:ListRegions"], Resource: "*"}]}}]
'''
NAMED = ['CAPABILITY_NAMED_IAM']
REGIONS = ['us-east-1']
DEPLOYED = {'PermissionModel': 'SERVICE_MANAGED', 'Capabilities': NAMED, 'AutoDeployment': {'Enabled': True, 'RetainStacksOnAccountRemoval': False}}

session = boto3.Session(region_name='us-east-1')
cfn = session.client('cloudformation')


def template(role='Audit', trusted='000000000001'):
    return TEMPLATE % (role, trusted)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as err:
        assert err.response['Error']['Code'] == code, err
        return err.response['Error']['Message']
    raise AssertionError(f'{code} was expected')


def assume(account, role='Audit', **more):
    arn = f'arn:aws:iam::{account}:role/{role}'
    return session.client('sts').assume_role(RoleArn=arn, RoleSessionName='test', ExternalId='42', **more)['Credentials']


def client_of(credentials, service):
    return boto3.client(service, region_name='us-east-1', aws_access_key_id=credentials['AccessKeyId'],
                        aws_secret_access_key=credentials['SecretAccessKey'], aws_session_token=credentials['SessionToken'])


def below(*units):
    return {'StackSetName': 'audit', 'DeploymentTargets': {'OrganizationalUnitIds': list(units)}, 'Regions': REGIONS}


def wait(operation, client=cfn, **more):
    for _ in range(10):
        found = client.describe_stack_set_operation(StackSetName='audit', OperationId=operation, **more)['StackSetOperation']
        if found['Status'] != 'RUNNING':
            return found
    raise AssertionError('the operation does not end')


def results(operation):
    pages = cfn.get_paginator('list_stack_set_operation_results').paginate(StackSetName='audit', OperationId=operation)
    return {r['Account']: (r['Status'], r.get('StatusReason', '')) for page in pages for r in page['Summaries']}


def new_set(client=cfn, body=None, **more):
    client.create_stack_set(StackSetName='audit', TemplateBody=body or template(), **DEPLOYED, **more)


def stacks():
    body = template()
    stack = cfn.create_stack(StackName='audit', TemplateBody=body, Capabilities=NAMED)['StackId']
    assert cfn.describe_stacks(StackName='audit')['Stacks'][0]['StackStatus'] == 'CREATE_IN_PROGRESS'
    refused('AccessDenied', assume, account='000000000001')
    cfn.get_waiter('stack_create_complete').wait(StackName='audit', WaiterConfig={'Delay': 0})
    assert cfn.get_template(StackName='audit')['TemplateBody'] == body
    first, = cfn.describe_stacks()['Stacks']
    assert first['StackId'] == stack and first['Description'] == 'a role & more', first
    credentials = assume('000000000001', DurationSeconds=7200)
    client_of(credentials, 'account').list_regions()
    refused('AccessDenied', client_of(credentials, 'iam').list_users)
    role, = [r for r in session.client('iam').list_roles()['Roles'] if r['RoleName'] == 'Audit']
    assert role['MaxSessionDuration'] == 7200, role

    refused('ValidationError', cfn.update_stack, StackName='audit', TemplateBody=body, Capabilities=NAMED)
    cfn.update_stack(StackName='audit', TemplateBody=body.replace('"42"', '"43"'), Capabilities=NAMED)
    cfn.get_waiter('stack_update_complete').wait(StackName='audit', WaiterConfig={'Delay': 0})
    refused('AccessDenied', assume, account='000000000001')
    client_of(credentials, 'account').list_regions()  # sessions outlive an update of their role

    cfn.delete_stack(StackName='audit')
    cfn.get_waiter('stack_delete_complete').wait(StackName=stack, WaiterConfig={'Delay': 0})
    refused('ValidationError', cfn.describe_stacks, StackName='audit')
    refused('UnrecognizedClientException', client_of(credentials, 'account').list_regions)


def sets():
    new_set()
    first = cfn.create_stack_instances(**below('ou-abcd-11111111'))['OperationId']
    refused('OperationInProgressException', cfn.delete_stack_set, StackSetName='audit')
    assert wait(first)['Status'] == 'SUCCEEDED'
    assert results(first) == {'000000000002': ('SUCCEEDED', '')}
    assume('000000000002')

    second = cfn.create_stack_instances(**below('r-abcd'), OperationPreferences={
        'FailureTolerancePercentage': 100, 'MaxConcurrentPercentage': 100, 'ConcurrencyMode': 'SOFT_FAILURE_TOLERANCE'})['OperationId']
    assert wait(second)['Status'] == 'SUCCEEDED'
    found = results(second)
    assert sorted(found) == ['000000000002', '000000000003', '000000000004', '000000000005', '000000000006'], found
    assert found['000000000003'][0] == 'CANCELLED' and found['000000000006'] == ('FAILED', 'Account is not ready'), found
    pages = cfn.get_paginator('list_stack_instances').paginate(StackSetName='audit')
    details = {i['Account']: i['StackInstanceStatus']['DetailedStatus'] for page in pages for i in page['Summaries']}
    assert details['000000000003'] == 'SKIPPED_SUSPENDED_ACCOUNT', details
    described = cfn.describe_stack_set(StackSetName='audit')['StackSet']
    assert described['OrganizationalUnitIds'] == ['ou-abcd-11111111', 'r-abcd'] and described['TemplateBody'] == template(), described
    assert described['AutoDeployment'] == DEPLOYED['AutoDeployment'], described
    assume('000000000005')
    refused('AccessDenied', assume, account='000000000001')  # stack sets leave the management account out

    wait(cfn.update_stack_set(StackSetName='audit', TemplateBody=template().replace('"42"', '"43"'), **DEPLOYED)['OperationId'])
    refused('AccessDenied', assume, account='000000000002')

    refused('StackSetNotEmptyException', cfn.delete_stack_set, StackSetName='audit')
    wait(cfn.delete_stack_instances(**below('r-abcd', 'ou-abcd-11111111'), RetainStacks=False, OperationPreferences={'FailureToleranceCount': 10})['OperationId'])
    left = cfn.list_stack_instances(StackSetName='audit')['Summaries']
    assert [i['Account'] for i in left] == ['000000000003'], left
    assert [o['Action'] for o in cfn.list_stack_set_operations(StackSetName='audit')['Summaries']] == ['DELETE', 'UPDATE', 'CREATE', 'CREATE']


def tolerance():
    new_set(body=template('Taken'))
    op = cfn.create_stack_instances(**below('r-abcd'))['OperationId']
    assert wait(op)['Status'] == 'FAILED'
    found = results(op)
    assert 'already exists' in found['000000000004'][1] and found['000000000005'][0] == 'CANCELLED', found


def refusals():
    body = template()
    refused('InsufficientCapabilitiesException', cfn.create_stack, StackName='audit', TemplateBody=body, Capabilities=['CAPABILITY_IAM'])
    refused('ValidationError', cfn.create_stack, StackName='a_b', TemplateBody=body, Capabilities=NAMED)
    refused('ValidationError', cfn.create_stack, StackName='audit', TemplateBody='Resources: {}', Capabilities=NAMED)
    refused('StackSetNotFoundException', cfn.describe_stack_set, StackSetName='audit')
    new_set()
    refused('NameAlreadyExistsException', new_set)
    refused('ValidationError', cfn.create_stack_instances, StackSetName='audit', Accounts=['000000000002'], Regions=REGIONS)
    refused('ValidationError', cfn.create_stack_instances, **below('r-none'))
    for right, wrong in [('sts:AssumeRole', 'sts:Nothing'), ('policy/AmazonEC2', 'policy/NoSuch'), (':root', ':user/nobody'), ('7200', '60')]:
        cfn.create_stack(StackName='bad', TemplateBody=body.replace(right, wrong), Capabilities=NAMED)
        for _ in range(3):
            stack, = cfn.describe_stacks(StackName='bad')['Stacks']
        assert stack['StackStatus'] == 'ROLLBACK_COMPLETE' and 'Resource handler' in stack['StackStatusReason'], stack
        refused('ValidationError', cfn.update_stack, StackName='bad', TemplateBody=body, Capabilities=NAMED)
        cfn.delete_stack(StackName='bad')
        for _ in range(3):
            cfn.describe_stacks(StackName=stack['StackId'])


def untrusted():
    assert 'enable organizations access' in refused('ValidationError', new_set)


def delegated():
    other = boto3.Session(profile_name='del', region_name='us-east-1').client('cloudformation')
    refused('ValidationError', new_set, client=other)
    new_set(client=other, CallAs='DELEGATED_ADMIN')
    op = other.create_stack_instances(**below('ou-abcd-11111111'), CallAs='DELEGATED_ADMIN')['OperationId']
    wait(op, other, CallAs='DELEGATED_ADMIN')
    refused('ValidationError', cfn.describe_stack_set, StackSetName='audit', CallAs='DELEGATED_ADMIN')
    assume('000000000002')


globals()[sys.argv[1]]()
