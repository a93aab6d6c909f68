import { expect, test } from 'vitest'
import { readDetails } from '../../src/builder/docker/description.js'

/** Answers to `GET /info`, as far as they name a product. */
test.each([
  [{ OperatingSystem: 'Docker Desktop', Name: 'docker-desktop' }, 'Docker Desktop'],
  [{ OperatingSystem: 'OrbStack', Name: 'orbstack' }, 'OrbStack'],
  [{ OperatingSystem: 'Ubuntu 24.04.1 LTS', Name: 'colima' }, 'Colima'],
  [{ OperatingSystem: 'Ubuntu 24.04.1 LTS', Name: 'colima-arm' }, 'Colima'],
  [{ OperatingSystem: 'Rancher Desktop WSL Distribution', Name: 'rancher-desktop' }, 'Rancher Desktop'],
  [{ OperatingSystem: 'Alpine Linux v3.20', Name: 'lima-rancher-desktop' }, 'Rancher Desktop'],
  [{ OperatingSystem: 'Debian', Name: 'host', SecurityOptions: ['name=seccomp', 'name=rootless'] }, 'rootless'],
  [{ OperatingSystem: 'Debian GNU/Linux 12', Name: 'host', SecurityOptions: ['name=seccomp'] }, undefined],
  [{}, undefined],
])('%j is of the product %s', (answer, product) => expect(readDetails(answer).product).toBe(product))
