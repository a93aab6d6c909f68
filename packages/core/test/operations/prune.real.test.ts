import { startDebianRegistry } from '../../../../test/support/debian-registry.js'
import { type PruneSubject, pruneContract } from './prune-contract.js'

async function start(deletes: boolean): Promise<PruneSubject> {
  const registry = await startDebianRegistry({ deletes })
  const deletions = async () => (await registry.requests()).filter((request) => request.startsWith('DELETE')).length
  return { ...registry, deletions }
}

pruneContract('docker-registry', 'manifests', () => start(true))
pruneContract('docker-registry with deletion disabled', 'nothing', () => start(false))
