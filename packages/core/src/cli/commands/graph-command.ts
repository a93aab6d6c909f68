import { extname } from 'node:path'
import { DefinitionError } from '../../model/errors.js'
import { plan } from '../../operations/on-pipelines.js'
import { PLAN_OPTIONS } from '../../operations/option-names.js'
import { DEFINITION_GRAPH_OPTIONS, definitionGraph } from '../../operations/runs/definition-graph.js'
import { pictureOf } from '../../report/graph/picture.js'
import { formatPicture, PICTURE_FORMATS, type PictureFormat } from '../../report/graph-formats.js'
import { choosePaint, unpainted } from '../../report/paint.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { writeResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** Flags of `graph`. */
export interface GraphFlags extends PipelineFlags {
  readonly format?: PictureFormat
  readonly out?: string
  /** False to show the definition only. */
  readonly plan?: boolean
}

/** `build.ts graph`: draws the dependency graph with the actions of a run. */
export async function graphCommand(flags: GraphFlags, context: CommandContext): Promise<void> {
  const { host, pipelines } = context
  const format = flags.format ?? (flags.json ? 'json' : formatOf(flags.out))
  const source =
    flags.plan === false
      ? definitionGraph(...pipelines, optionsOf(flags, context, DEFINITION_GRAPH_OPTIONS))
      : await plan(...pipelines, optionsOf(flags, context, PLAN_OPTIONS))
  const paint = flags.out === undefined ? choosePaint({ stream: host.stdout, env: host.env }) : unpainted
  await writeResult(await formatPicture(pictureOf(source), format, paint), '--out', flags.out, host)
}

/** File extensions that differ from the format's name. */
const ALIASES: Readonly<Record<string, PictureFormat>> = {
  '': 'tree',
  txt: 'tree',
  mmd: 'mermaid',
  gv: 'dot',
  htm: 'html',
}

/** The format for a file extension. @throws DefinitionError USAGE */
function formatOf(file = ''): PictureFormat {
  const ending = extname(file).slice(1).toLowerCase()
  const format = ALIASES[ending] ?? PICTURE_FORMATS.find((one) => one === ending)
  if (format !== undefined) return format
  const hint = 'use .svg, .html, .mmd, .dot, .json or .txt, or add --format'
  throw new DefinitionError([{ path: '--out', message: `file extension '.${ending}' is not supported`, hint }], 'USAGE')
}
