import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Test files that take long for their size. Vitest starts large files first if it has no record of earlier runs, as in a
 * fresh clone; one of these, started last, would run alone at the end.
 */
const LONG = ['rootfs.real', 'chaos.real', 'kill-at-writes.real', 'frozen-builder.real', 'buildx.real', 'session.real']

/** Starts the long files of each project first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => group(one) - group(other) || rank(one) - rank(other))
  }
}

function group({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder
}

function rank({ moduleId }: TestSpecification): number {
  const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return at === -1 ? LONG.length : at
}
