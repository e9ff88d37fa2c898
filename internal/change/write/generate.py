"""Writes NAME.txt for each service: the operations that muster may call to change something.

This list is the only one. The texts have the form of the catalogue's services, without facts
about the service itself:

    go generate ./internal/change/write
"""

import sys
from pathlib import Path

here = Path(__file__).parent
sys.path.insert(0, str(here.parents[1] / 'catalog'))

from awscli.clidriver import create_clidriver
from generate import Service, read_partitions
from model import Numbered

WRITES = {
    'iam': ['UpdateAccessKey'],
    'cloudformation': [
        'CreateStack', 'UpdateStack', 'DeleteStack',
        'CreateStackSet', 'UpdateStackSet', 'DeleteStackSet',
        'CreateStackInstances', 'UpdateStackInstances', 'DeleteStackInstances',
    ],
}


def main():
    driver = create_clidriver()
    commands = driver._get_command_table()
    loader = driver.session.get_component('data_loader')
    partitions = read_partitions(loader)
    for name, operations in WRITES.items():
        service = Service(name, commands[name], loader, partitions, Numbered())
        lines = [service.line(operation) for operation in sorted(operations)]
        (here / f'{name}.txt').write_text('\n'.join(['service', *lines, '', '', *service.shapes.texts]))


if __name__ == '__main__':
    main()
