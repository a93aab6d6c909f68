import { runProgram } from './child.js'

/** A network bridge of this machine, gone when it is disposed of. */
export interface Bridge extends AsyncDisposable {
  readonly name: string
  /** The address of this machine on it, which is not loopback. */
  readonly address: string
}

/** The networks of all bridges. */
export const BRIDGE_NETWORKS = '10.213.0.0/16'

/** Makes a bridge with a subnet of its own; the kernel decides between those who ask for the same name at once. */
export async function makeBridge(): Promise<Bridge> {
  const number = await firstFreeNumber()
  const name = `polyarch${number}`
  const address = `10.213.${number}.1`
  await runProgram('ip', ['address', 'add', `${address}/24`, 'dev', name])
  await runProgram('ip', ['link', 'set', name, 'up'])
  return {
    name,
    address,
    async [Symbol.asyncDispose]() {
      await runProgram('ip', ['link', 'delete', name])
    },
  }
}

async function firstFreeNumber(): Promise<number> {
  for (let number = 0; number < 100; number++) {
    const made = runProgram('ip', ['link', 'add', `polyarch${number}`, 'type', 'bridge'])
    if (await made.then(() => true, isTaken)) return number
  }
  throw new Error('there are 100 bridges of tests already: remove them by `ip link delete polyarch0` and so on')
}

/** `ip` exits with 2 where the kernel said no, 1 and others where it did not come to that. */
function isTaken(error: { readonly code?: unknown }): false {
  if (error.code !== 2) throw error
  return false
}
