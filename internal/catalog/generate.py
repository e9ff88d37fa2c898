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

READ = re.compile(
    '(BatchGet|Check|Describe|Estimate|Get|Head|List|Lookup|Preview|Query|Scan|Search'
    '|Select|Simulate|Validate|View)(?![a-z])'
)

# AWS has one answer for the whole account, though the service has regions.
ANSWERED_ONCE = {('s3', 'ListBuckets'), ('sts', 'GetCallerIdentity')}

# botocore knows more regions of these services than AWS's documentation does.
ONLY_IN = {'globalaccelerator': ['us-west-2']}

TYPES = {
    'string': 's', 'character': 's', 'integer': 'i', 'long': 'l', 'float': 'f', 'double': 'd',
    'boolean': 'b', 'blob': 'x', 'timestamp': 't', 'list': 'L', 'map': 'M', 'structure': 'S',
}
LOCATIONS = {'header': 'h', 'headers': 'H', 'uri': 'u', 'querystring': 'q', 'statusCode': 'c'}


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


class Numbered:
    """Distinct texts, numbered in the order in which they are first met."""

    def __init__(self):
        self.texts, self.numbers = [], {}

    def __call__(self, text):
        if text not in self.numbers:
            self.numbers[text] = len(self.texts)
            self.texts.append(text)
        return self.numbers[text]


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


class Service:
    def __init__(self, name, command, loader, partitions, rules):
        self.name, self.partitions = name, partitions
        self.dir = command._service_name
        self.session = command.session
        self.model = command.service_model
        self.raw = loader.load_service_model(self.dir, 'service-2')
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
        self.shapes = Numbered()
        self.known = {}
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
        operations = [self.operation_line(name) for name in sorted(self.reads)]
        writes = [n for n in sorted(self.raw['operations']) if n not in self.reads]
        return '\n'.join([self.meta_line(), *operations, '', ' '.join(writes), *self.shapes.texts])

    def meta_line(self):
        meta = self.raw['metadata']
        fields = {
            'id': meta['serviceId'],
            'dir': self.dir,
            'version': meta['apiVersion'],
            'protocol': self.model.resolved_protocol,
            'protocols': ','.join(meta.get('protocols', [])),
            'json': meta.get('jsonVersion'),
            'target': meta.get('targetPrefix'),
            'xmlns': meta.get('xmlNamespace'),
            'prefix': meta['endpointPrefix'],
            'signing': meta.get('signingName'),
            'signature': meta['signatureVersion'],
            'auth': ','.join(meta.get('auth', [])),
            'querycompatible': flag('awsQueryCompatible' in meta),
            'rules': str(self.rules),
            'host': self.host,
            'once': flag(self.is_global()),
            'regions': self.region_masks(),
        }
        return 'service' + ''.join(f'\t{k}={v}' for k, v in fields.items() if v)

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

    def operation_line(self, name):
        raw = self.raw['operations'][name]
        cli, command = self.commands.get(name, (cli_name(name), None))
        http, page = raw['http'], self.pages.get(name, {})
        output = raw.get('output', {})
        fields = {
            'cli': cli if cli != cli_name(name) else None,
            'hidden': flag(command is None),
            'method': http.get('method') if http.get('method') != 'POST' else None,
            'uri': http.get('requestUri') if http.get('requestUri') != '/' else None,
            'host': raw.get('endpoint', {}).get('hostPrefix'),
            'auth': ','.join(raw.get('auth', [])),
            'authtype': raw.get('authtype'),
            'unsignedbody': flag(raw.get('unsignedPayload')),
            'wrapper': output.get('resultWrapper'),
            'static': '&'.join(f'{k}={json.dumps(v["value"])}' for k, v in raw.get('staticContextParams', {}).items()),
            'context': '&'.join(f'{k}={v["path"]}' for k, v in raw.get('operationContextParams', {}).items()),
            'discovery': flag(raw.get('endpointdiscovery', {}).get('required')),
            'md5': flag(raw.get('httpChecksumRequired') or raw.get('httpChecksum', {}).get('requestChecksumRequired')),
            'deprecated': flag(raw.get('deprecated')),
            'once': flag((self.dir, name) in ANSWERED_ONCE),
            'rename': ','.join(self.renamed(command)),
            'in.token': listed(page.get('input_token')),
            'out.token': listed(page.get('output_token')),
            'limit': page.get('limit_key'),
            'more': page.get('more_results'),
            'result': listed(page.get('result_key')),
        }
        head = [name, self.ref(raw.get('input', {})), self.ref(output)]
        return '\t'.join(head) + ''.join(f'\t{k}={v}' for k, v in fields.items() if v)

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

    def ref(self, use):
        return str(self.shape(use['shape'])) if 'shape' in use else ''

    def shape(self, name):
        """The number of a shape. Equal simple shapes share one."""
        if name not in self.known:
            raw = self.raw['shapes'][name]
            if raw['type'] in ('structure', 'list', 'map'):
                # A shape may contain itself: give it its number first.
                number = self.known[name] = self.shapes(f'\0{name}')
                self.shapes.texts[number] = self.shape_line(name, raw)
            else:
                self.known[name] = self.shapes(self.shape_line(name, raw))
        return self.known[name]

    def shape_line(self, name, raw):
        kind = TYPES[raw['type']]
        traits = {
            'union': flag(raw.get('union')),
            'document': flag(raw.get('document')),
            'flat': flag(raw.get('flattened')),
            'name': raw.get('locationName') or (name if self.raw['metadata']['protocol'] == 'rest-xml' and kind == 'S' else None),
            'xmlns': raw.get('xmlNamespace', {}).get('uri') if isinstance(raw.get('xmlNamespace'), dict) else raw.get('xmlNamespace'),
            'payload': raw.get('payload'),
            'time': raw.get('timestampFormat'),
            'stream': flag(raw.get('streaming')),
            'secret': flag(raw.get('sensitive')),
            'sparse': flag(raw.get('sparse')),
        }
        head = ' '.join([kind, *traits_of(traits)])
        if kind == 'S':
            required = raw.get('required', [])
            rest = [self.member(n, m, n in required) for n, m in raw['members'].items()]
        elif kind == 'L':
            rest = [self.member('', raw['member'], False)]
        elif kind == 'M':
            rest = [self.member('', raw['key'], False), self.member('', raw['value'], False)]
        else:
            rest = raw.get('enum', [])
        return '\t'.join([head, *rest])

    def member(self, name, raw, required):
        wire, location = raw.get('locationName'), raw.get('location')
        where = None
        if location:
            where = LOCATIONS[location] + (wire if wire is not None and wire != name else '')
            wire = None
        namespace = raw.get('xmlNamespace', {})
        traits = {
            '!': flag(required),
            '^': flag(wire and wire == name[:1].lower() + name[1:]),
            'name': wire if wire and wire not in (name, name[:1].lower() + name[1:]) else None,
            'query': raw.get('queryName'),
            'at': where,
            'flat': flag(raw.get('flattened')),
            'attribute': flag(raw.get('xmlAttribute')),
            'xmlns': namespace.get('uri'),
            'xmlprefix': namespace.get('prefix'),
            'time': raw.get('timestampFormat'),
            'token': flag(raw.get('idempotencyToken')),
            'context': raw.get('contextParam', {}).get('name'),
            'label': flag(raw.get('hostLabel')),
            'jsonvalue': flag(raw.get('jsonvalue')),
            'stream': flag(raw.get('streaming')),
            'deprecated': flag(raw.get('deprecated')),
        }
        return ' '.join([name, str(self.shape(raw['shape'])), *traits_of(traits)])


def traits_of(traits):
    return [k if v is True else f'{k}={v}' for k, v in traits.items() if v]


def flag(value):
    return True if value else None


def listed(value):
    if isinstance(value, list):
        return ','.join(value)
    return value


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
