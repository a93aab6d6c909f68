import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RegistryState } from '../chaos/checker.js'
import type { Random } from '../chaos/random.js'
import { startCommand } from '../cli/running-command.js'
import { type KillableOptions, STARTED } from '../pipeline/build-until-killed.js'
import type { KillRegistry, Publishing, Setting } from './setting.js'

/** A run that was killed, and what the next one has left. */
export interface KillOutcome {
  /** Milliseconds between the start of the run and the kill. */
  readonly after: number
  /** Whether the run ended before. */
  readonly wasOver: boolean
  /** Names that users see after the kill, of those that the run publishes. */
  readonly names: number
  readonly issues: readonly string[]
}

/** Kills runs at random moments. Each builds files that no engine has had before. */
export class Kills {
  /** How long a run takes, in milliseconds; the latest that was not killed. */
  #duration = 0

  constructor(
    readonly program: string,
    readonly setting: Setting,
    readonly bases: KillableOptions['bases'],
  ) {}

  async kill(registry: KillRegistry, name: string, random: Random): Promise<KillOutcome> {
    const folder = await mkdtemp(join(tmpdir(), 'polyarch-kill-'))
    try {
      if (this.#duration === 0) await this.#run(await this.#prepare(registry, `${name}-first`, join(folder, 'first')))
      return await this.#killOnce(await this.#prepare(registry, name, join(folder, 'killed')), random)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async #killOnce(prepared: Prepared, random: Random): Promise<KillOutcome> {
    const { name, folder, publishing } = prepared
    const before = await this.setting.imagesLeft(name)
    const after = Math.round(random() * this.#duration)
    const wasOver = await this.#runUntil(prepared, after)
    const killed = await publishing.read()
    const next = await this.#run(prepared)
    const state = await publishing.read()
    const files = await filesIn(folder)
    const images = await this.setting.imagesLeft(name)
    await publishing.clear()
    const clean = await this.#run(prepared)
    const issues = [
      ...next,
      ...clean.map((issue) => `the clean run: ${issue}`),
      ...incomplete('after the kill', killed),
      ...incomplete('after the next run', state),
      ...differences(state, await publishing.read()),
      ...notIn(await filesIn(folder), files).map((path) => `the next run leaves ${path}`),
      ...notIn(before, images).map((image) => `the next run leaves the image ${image}`),
    ]
    await publishing.clear()
    return { after, wasOver, names: visible(killed).length, issues }
  }

  async #prepare(registry: KillRegistry, name: string, folder: string): Promise<Prepared> {
    const context = join(folder, 'context')
    await mkdir(context, { recursive: true })
    await mkdir(join(folder, 'tmp'), { recursive: true })
    await writeFile(join(context, 'Dockerfile'), 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY name /name\n')
    await writeFile(join(context, 'name'), name)
    return { name, folder, context, publishing: this.setting.publishing(registry, name, folder) }
  }

  #start({ folder, context, publishing }: Prepared) {
    const { repository, execution } = publishing
    const options: KillableOptions = { repository, context, bases: this.bases, ...(execution && { execution }) }
    const own = { TMPDIR: join(folder, 'tmp'), XDG_CACHE_HOME: join(folder, 'cache') }
    return startCommand([process.execPath, this.program, JSON.stringify(options)], folder, { ...process.env, ...own })
  }

  async #runUntil(prepared: Prepared, after: number): Promise<boolean> {
    await using child = this.#start(prepared)
    await child.says(new RegExp(STARTED))
    return await Promise.race([child.ended.then(() => true), sleep(after).then(() => false)])
  }

  /** Runs to the end. @returns what is wrong with it. */
  async #run(prepared: Prepared): Promise<readonly string[]> {
    await using child = this.#start(prepared)
    await child.says(new RegExp(STARTED))
    const began = performance.now()
    const { exitCode, stderr } = await child.ended
    this.#duration = performance.now() - began
    const left = await readdir(join(prepared.folder, 'tmp'))
    return [
      ...(exitCode === 0 ? [] : [`it exits with ${exitCode}: ${stderr}`]),
      ...left.map((name) => `it leaves the temporary file ${name}`),
    ]
  }
}

interface Prepared {
  readonly name: string
  readonly folder: string
  readonly context: string
  readonly publishing: Publishing
}

const visible = ({ tags }: RegistryState) => [...tags.keys()].filter((name) => !name.includes(':polyarch-'))

function incomplete(when: string, { missing }: RegistryState): readonly string[] {
  return missing.map((what) => `${when}, ${what} is missing`)
}

/** Records of contexts and of checked bases, which have dates. */
const IS_RECORD = /:polyarch-(context|checked)-/

/** What the next run has published otherwise than a clean one. Records have dates, so that only their names are compared. */
function differences(next: RegistryState, clean: RegistryState): readonly string[] {
  const names = [...new Set([...next.tags.keys(), ...clean.tags.keys()])]
  return names.flatMap((name) => {
    const [found, expected] = [next.tags.get(name)?.digest, clean.tags.get(name)?.digest]
    const isSame = found === expected || (found && expected && IS_RECORD.test(name))
    return isSame ? [] : [`${name} holds ${found ?? 'nothing'}, and ${expected ?? 'nothing'} after a clean run`]
  })
}

/** Files and folders of a run, without the content of its registry. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder, { recursive: true })
  return all.filter((path) => !path.startsWith(join('store', 'blobs')))
}

function notIn(known: readonly string[], found: readonly string[]): readonly string[] {
  return found.filter((one) => !known.includes(one))
}
