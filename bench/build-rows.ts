import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { type BuildStage, inContext } from './build-stage.js'
import type { Contestant } from './contest.js'
import { SETTLED, writeManyFiles } from './many-files.js'

/** One row of the comparison. */
export interface BuildRow {
  readonly title: string
  /** What part of the peer's time polyarch may take, for each peer; and where node runs TypeScript by itself. */
  readonly aims: readonly number[]
  readonly nativeAims?: readonly number[]
  /** Whether a round takes seconds only. */
  readonly isQuick?: true
  /** Makes the context and the definition, and what was built before. */
  setUp(stage: BuildStage): Promise<void>
  /** Goes before each contestant, and is not measured. */
  before?(stage: BuildStage): Promise<void>
  /** The peers; `buildx` unless there are others. */
  peers?(stage: BuildStage): readonly Contestant[]
}

const EVERYTHING = dockerfile('COPY . /app')
/** Brings the context into a stage of its own, so that it is sent and not pushed. */
const UNPUSHED = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS sent
COPY . /app
RUN find /app -type f | wc -l > /count
FROM \${BASE_IMAGE}
COPY --from=sent /count /count
`
const LARGE = { files: 100, bytes: 3_000_000 }

/** The rows in the order of the table. */
export function buildRows(): readonly BuildRow[] {
  return [
    {
      title: 'one small file edited',
      aims: [0.9],
      isQuick: true,
      setUp: (stage) => buildBefore(stage, EVERYTHING),
      before: editFile,
    },
    {
      title: 'one of 10,000 files edited, `COPY . .`',
      aims: [0.75],
      setUp: buildManyBefore,
      before: editFile,
    },
    {
      title: 'the same, Dockerfile copies 100 of the files',
      aims: [0.75],
      isQuick: true,
      setUp: (stage) => buildBefore(stage, dockerfile('COPY 0 /app'), () => writeManyFiles(inContext(stage))),
      before: (stage) => stage.folder.write({ 'app/0/0': randomUUID() }),
    },
    {
      title: 'nothing changed, 10,000 files',
      aims: [1],
      isQuick: true,
      setUp: buildManyBefore,
    },
    {
      title: 'nothing changed, small context',
      aims: [1],
      nativeAims: [0.75],
      isQuick: true,
      setUp: (stage) => buildBefore(stage, EVERYTHING),
    },
    {
      title: 'cold build of 2 platforms',
      aims: [0.95, 0.75],
      setUp: (stage) => writeContext(stage, EVERYTHING),
      before: (stage) => stage.prepare(randomUUID()),
      peers: (stage) => [
        { name: 'the recipe with buildx', run: () => stage.buildxRecipe() },
        { name: 'the recipe by hand', run: () => stage.recipeByHand() },
      ],
    },
    {
      title: 'context of 300 MB, first send',
      aims: [0.9],
      setUp: (stage) => buildBefore(stage, UNPUSHED),
      before: writeLargeFiles,
    },
  ]
}

function dockerfile(copy: string): string {
  return `ARG BASE_IMAGE\nFROM \${BASE_IMAGE}\n${copy}\nRUN find /app -type f | wc -l > /count\n`
}

async function writeContext(stage: BuildStage, text: string): Promise<void> {
  await rm(inContext(stage), { recursive: true, force: true })
  await stage.folder.write({ 'app/Dockerfile': text, 'app/file': 'one' })
}

/** As a user's files mostly are, these have not been written just now. */
async function buildManyBefore(stage: BuildStage): Promise<void> {
  let written = 0
  await buildBefore(stage, EVERYTHING, async () => {
    await writeManyFiles(inContext(stage))
    written = Date.now()
  })
  await setTimeout(written + SETTLED - Date.now())
  await stage.polyarch(WITH_TSX)
}

/** The node of this machine, for what is not measured. */
const WITH_TSX = { folder: undefined, runner: 'node' } as const

/** Lets both build once, so that all that is measured is the difference. */
async function buildBefore(stage: BuildStage, text: string, addFiles?: () => Promise<void>): Promise<void> {
  await writeContext(stage, text)
  await addFiles?.()
  await stage.prepare(randomUUID())
  await stage.polyarch(WITH_TSX)
  await stage.buildx()
}

function editFile(stage: BuildStage): Promise<void> {
  return stage.folder.write({ 'app/file': randomUUID() })
}

async function writeLargeFiles(stage: BuildStage): Promise<void> {
  await mkdir(inContext(stage, 'large'), { recursive: true })
  for (let at = 0; at < LARGE.files; at++) {
    await writeFile(inContext(stage, 'large', String(at)), randomBytes(LARGE.bytes))
  }
}
