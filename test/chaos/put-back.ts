import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A folder that is put back to what it held, of which only the difference is written. */
export class PutBackFolder {
  /** What each file looked like when it was put back last. */
  #stamps: ReadonlyMap<string, string> | undefined

  constructor(
    readonly path: string,
    readonly saved: string,
  ) {}

  empty(): void {
    rmSync(this.path, { recursive: true, force: true })
    mkdirSync(this.path, { recursive: true })
  }

  save(): void {
    cpSync(this.path, this.saved, { recursive: true })
    this.#stamps = this.#read()
  }

  restore(): void {
    const { path, saved } = this
    const before = this.#stamps ?? new Map<string, string>()
    const now = this.#read()
    const changed = [...before].filter(([name, stamp]) => now.get(name) !== stamp)
    for (const name of now.keys()) if (!before.has(name)) rmSync(join(path, name), { recursive: true, force: true })
    for (const [name, stamp] of changed) {
      if (stamp === FOLDER) {
        mkdirSync(join(path, name), { recursive: true })
        continue
      }
      mkdirSync(dirname(join(path, name)), { recursive: true })
      copyFileSync(join(saved, name), join(path, name))
    }
    if (changed.length > 0) this.#stamps = this.#read()
  }

  #read(): ReadonlyMap<string, string> {
    const entries = readdirSync(this.path, { recursive: true, withFileTypes: true })
    return new Map(
      entries.map((entry) => {
        const path = join(entry.parentPath, entry.name)
        return [path.slice(this.path.length + 1), entry.isDirectory() ? FOLDER : stampOf(path)]
      }),
    )
  }
}

const FOLDER = 'folder'

function stampOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true })
  return `${ino} ${size} ${mtimeNs}`
}
