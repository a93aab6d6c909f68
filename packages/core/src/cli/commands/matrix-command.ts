import { MATRIX_OPTIONS, platformMatrix } from '../../operations/ci/platform-matrix.js'
import { escapeLine } from '../../report/escape.js'
import { alignColumns } from '../../report/units.js'
import type { CommandContext, PipelineFlags } from '../command.js'
import { jsonText, printResult } from '../output.js'
import { optionsOf } from '../run-options.js'

/** Flags of `matrix`. */
export interface MatrixFlags extends PipelineFlags {
  readonly runner?: readonly string[]
}

/** `build.ts matrix`: lists the platforms as jobs of a CI matrix. */
export async function matrixCommand(flags: MatrixFlags, context: CommandContext): Promise<void> {
  const { runner: runners = [] } = flags
  const matrix = platformMatrix(context.pipelines, { ...optionsOf(flags, context, MATRIX_OPTIONS), runners })
  const rows = matrix.include.map(({ platform, runner, emulated, pipelines }) => [
    platform,
    escapeLine(runner),
    emulated ? 'emulated' : 'native',
    escapeLine(pipelines.join(', ')),
  ])
  printResult(flags.json ? jsonText(matrix) : alignColumns(rows), context.host)
}
