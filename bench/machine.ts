import { cpus, totalmem } from 'node:os'
import { buildxCommand } from '../scripts/setup/newer-engine.mjs'
import { runProgram } from '../test/support/child.js'

/** The first line that a program prints; undefined where it is not there. */
export async function version(program: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await runProgram(program, args)
    return stdout.split('\n')[0]
  } catch {
    return undefined
  }
}

/** Prints what the numbers were taken on: without that they mean nothing. */
export async function describeMachine(): Promise<void> {
  const [cpu] = cpus()
  const lines = {
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    node: process.version,
    docker: await version('docker', 'version', '--format', '{{.Client.Version}}, engine {{.Server.Version}}'),
    buildx: await version(...buildxCommand(), 'version'),
    crane: await version('crane', 'version'),
    oras: await version('oras', 'version'),
    skopeo: await version('skopeo', '--version'),
  }
  for (const [name, value] of Object.entries(lines)) console.log(`${name.padEnd(8)} ${value ?? 'not installed'}`)
}
