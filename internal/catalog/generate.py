"""Writes catalog.zip: the facts about AWS's services that muster needs.

The facts are those of botocore's models; the names of commands and parameters are
the AWS CLI's. Run it with the Python that has both (the AWS CLI v1's):

    go generate ./internal/catalog

format.go describes the files of the archive.
"""

import json
import re
import sys
import zipfile

import botocore
from awscli.arguments import BooleanArgument, CLIArgument, ListArgument
from awscli.clidriver import ServiceCommand, create_clidriver
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import DataNotFoundError, EndpointProviderError, UnknownServiceError
from model import Model, Numbered, flag, listed, pairs

READ = re.compile(
    '(BatchGet|Check|Describe|Estimate|Get|Head|List|Lookup|Preview|Query|Scan|Search'
    '|Select|Simulate|Validate|View)(?![a-z])'
)

# AWS has one answer for the whole account, though the service has regions.
ANSWERED_ONCE = {('s3', 'ListBuckets'), ('sts', 'GetCallerIdentity')}

# botocore knows more regions of these services than AWS's documentation does.
ONLY_IN = {'globalaccelerator': ['us-west-2']}

def cli_name(name):
    """botocore's xform_name without its table of exceptions: CLIName in cliname.go."""
    return botocore.xform_name(name, '-', {})


def main(path):
    driver = create_clidriver()
    loader = driver.session.get_component('data_loader')
    partitions = read_partitions(loader)
    rules = Numbered()
    files, index = {}, []
    for name, command in sorted(driver._get_command_table().items()):
        if isinstance(command, ServiceCommand):
            service = Service(name, command, loader, partitions, rules)
            files[name] = service.text()
            index.append(service.index_line())
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        write(archive, 'index', '\n'.join([f'botocore {botocore.__version__}', *index]))
        write(archive, 'partitions', json.dumps(partitions.data, separators=(',', ':')))
        for number, text in enumerate(rules.texts):
            write(archive, f'rules/{number}', text)
        for name, text in files.items():
            write(archive, f'services/{name}', text)
    print(f'{path}: {len(index)} services, {sum(int(line.split(chr(9))[3]) for line in index)} reads')


def write(archive, name, text):
    entry = zipfile.ZipInfo(name)  # has a fixed date, so that equal facts give an equal file
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


class Partitions:
    """partitions.json without descriptions, and each partition's regions in order."""

    def __init__(self, data, regions):
        self.data, self.regions = data, regions


def read_partitions(loader):
    data, regions = [], {}
    for partition in loader.load_data('partitions')['partitions']:
        names = sorted(partition['regions'])
        regions[partition['id']] = [n for n in names if not n.endswith('-global')]
        data.append({
            'id': partition['id'],
            'regionRegex': partition['regionRegex'],
            'regions': {n: {k: v for k, v in partition['regions'][n].items() if k != 'description'} for n in names},
            'outputs': partition['outputs'],
        })
    return Partitions(data, regions)


class Service(Model):
    def __init__(self, name, command, loader, partitions, rules):
        self.name, self.partitions = name, partitions
        self.dir = command._service_name
        self.session = command.session
        self.model = command.service_model
        super().__init__(loader.load_service_model(self.dir, 'service-2'), self.model.resolved_protocol)
        if self.dir == 's3':
            add_expires_string(self.raw['shapes'])
        try:
            self.pages = loader.load_service_model(self.dir, 'paginators-1')['pagination']
        except (DataNotFoundError, UnknownServiceError):
            self.pages = {}
        self.ruleset = loader.load_service_model(self.dir, 'endpoint-rule-set-1')
        text = json.dumps(strip_rules(self.ruleset), separators=(',', ':'))
        self.host, text = take_host(text)
        self.rules = rules(text)
        self.endpoints = loader.load_data('endpoints')
        self.provider = EndpointProvider(self.ruleset, loader.load_data('partitions'))
        self.commands = {
            c._operation_model.name: (cli, c)
            for cli, c in command._get_command_table().items()
            if hasattr(c, '_operation_model')
        }
        self.reads = [n for n in self.raw['operations'] if READ.match(n) and not self.is_event_stream(n)]

    def is_event_stream(self, name):
        operation = self.model.operation_model(name)
        return operation.has_event_stream_input or operation.has_event_stream_output

    def index_line(self):
        meta = self.raw['metadata']
        return '\t'.join([self.name, meta['serviceId'], meta['serviceFullName'], str(len(self.reads))])

    def text(self):
        operations = [self.line(name) for name in sorted(self.reads)]
        writes = [n + '~' * self.is_event_stream(n) for n in sorted(self.raw['operations']) if n not in self.reads]
        return '\n'.join([self.meta_line(), *operations, '', ' '.join(writes), *self.shapes.texts])

    def meta_line(self):
        return '\t'.join(['service', *pairs(self.meta() | {
            'dir': self.dir,
            'rules': str(self.rules),
            'host': self.host,
            'once': flag(self.is_global()),
            'regions': self.region_masks(),
        })])

    def region_masks(self):
        """The regions that offer the service, a bit each; empty where botocore does not know."""
        masks = []
        for partition, regions in self.partitions.regions.items():
            offered = ONLY_IN.get(self.dir) or self.session.get_available_regions(self.dir, partition)
            bits = sum(1 << i for i, region in enumerate(regions) if region in offered)
            if bits:
                masks.append(f'{partition}:{bits:x}')
        return ';'.join(masks)

    def is_global(self):
        """Whether AWS's partition has one endpoint for all of its regions."""
        prefix, known = self.raw['metadata']['endpointPrefix'], self.endpoints['partitions'][0]['services']
        if known.get(prefix, {}).get('partitionEndpoint') and not known[prefix].get('isRegionalized', True):
            return True
        urls = set()
        for region in self.partitions.regions['aws']:
            values = {'Region': region, 'UseFIPS': False, 'UseDualStack': False}
            for param, spec in self.ruleset['parameters'].items():
                if param not in values and spec.get('default') is not None:
                    values[param] = spec['default']
            try:
                urls.add(self.provider.resolve_endpoint(**values).url)
            except EndpointProviderError:
                return False
        return len(urls) == 1

    def line(self, name):
        raw = self.raw['operations'][name]
        cli, command = self.commands.get(name, (cli_name(name), None))
        page = self.pages.get(name, {})
        return self.operation_line(
            name, raw,
            cli=cli if cli != cli_name(name) else None,
            hidden=flag(command is None),
            once=flag((self.dir, name) in ANSWERED_ONCE),
            rename=','.join(self.renamed(command)),
            limit=page.get('limit_key'),
            more=page.get('more_results'),
            result=listed(page.get('result_key')),
            **{'in.token': listed(page.get('input_token')), 'out.token': listed(page.get('output_token'))},
        )

    def renamed(self, command):
        """Members whose parameter is not named after them, as MEMBER:PARAMETER."""
        if command is None or command._operation_model.input_shape is None:
            return
        for name, argument in command.arg_table.items():
            member = getattr(argument, '_serialized_name', None)
            if type(argument) not in (CLIArgument, ListArgument, BooleanArgument) or not member:
                continue
            if isinstance(argument, BooleanArgument) and name.startswith('no-'):
                continue
            if name != cli_name(member):
                yield f'{member}:{name}'


def add_expires_string(shapes):
    """Adds the text of the header Expires, as botocore does: whoever stores an object sets it freely."""
    for shape in shapes.values():
        if shape.get('members', {}).get('Expires', {}).get('location') == 'header':
            shape['members']['ExpiresString'] = {'shape': 'ETag', 'location': 'header', 'locationName': 'ExpiresString'}


def take_host(text):
    """Puts <host> in the place of the host's first labels, so that services share rules."""
    match = re.search(r'"https://([a-z0-9.-]+?)(?:-fips)?\.\{', text)
    if not match:
        return None, text
    host = match[1]
    return host, re.sub(r'(?<="https://)' + re.escape(host) + r'(?=[.-])', '<host>', text)


def strip_rules(rules):
    if isinstance(rules, dict):
        return {k: strip_rules(v) for k, v in rules.items() if k != 'documentation'}
    if isinstance(rules, list):
        return [strip_rules(v) for v in rules]
    return rules


if __name__ == '__main__':
    main(sys.argv[1])
