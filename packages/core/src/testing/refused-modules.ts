import childProcess from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

/** Modules of node that read or change something outside the process. */
const MODULES: Readonly<Record<string, object>> = {
  'node:fs': fs,
  'node:fs/promises': fs.promises,
  'node:http': http,
  'node:https': https,
  'node:net': net,
  'node:child_process': childProcess,
}

/**
 * Runs a function while every function of these modules throws, however it was imported.
 *
 * @param refuse - makes the function that throws, for a name such as `node:fs readFileSync`.
 */
export function withoutModules<Result>(refuse: (what: string) => () => never, run: () => Result): Result {
  const before = Object.entries(MODULES).flatMap(([name, module]) =>
    functionsOf(module).map(([key, value]) => ({ module, key, value, refused: refuse(`${name} ${key}`) })),
  )
  for (const { module, key, refused } of before) Object.assign(module, { [key]: refused })
  syncBuiltinESMExports()
  try {
    return run()
  } finally {
    for (const { module, key, value } of before) Object.assign(module, { [key]: value })
    syncBuiltinESMExports()
  }
}

/** Functions that can be replaced; classes stay, since others may have extended or compared them. */
function functionsOf(module: object): readonly (readonly [string, unknown])[] {
  return Object.entries(Object.getOwnPropertyDescriptors(module)).flatMap(([key, { value, writable }]) =>
    typeof value === 'function' && writable === true && /^[a-z]/.test(key) ? [[key, value] as const] : [],
  )
}
