import { Command, Option } from 'commander'
import { nearest } from '../definition/faults.js'
import { EMULATION_POLICIES } from '../operations/options.js'
import { formatUsage } from '../report/error-text.js'
import { PICTURE_FORMATS } from '../report/graph/formats.js'
import { choosePaint } from '../report/paint.js'
import { buildCommand } from './build-command.js'
import { type CommandContext, PROGRESS_CHOICES } from './command.js'
import { doctorCommand } from './doctor-command.js'
import { explainCommand } from './explain-command.js'
import { graphCommand } from './graph-command.js'
import { inspectCommand } from './inspect-command.js'
import { lockCommand } from './lock-command.js'
import { planCommand } from './plan-command.js'
import { promoteCommand } from './promote-command.js'
import { pruneCommand } from './prune-command.js'
import { reportCommand } from './report-command.js'
import { serveCommand } from './serve-command.js'
import { VERSION } from './version.js'

/** The command line of a `build.ts`. */
export function createProgram(context: CommandContext): Command {
  const program = new Command()
    .name('build.ts')
    .description('Builds images for several platforms, each on a base of its own, and publishes them under one tag.')
    .version(VERSION, '--version', 'print the version of @polyarch/core')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.host.stdout.write(text),
      writeErr: (text) => void context.host.stderr.write(text),
      outputError: (text) => void context.host.stderr.write(usageText(text, context.host)),
    })
    .enablePositionalOptions()
  pipelineFlags(program)
    .addOption(PROGRESS)
    .option('--keep-going', 'go on with the rest where something fails, and tell all that failed; no name moves')
    .option('--report <file>', 'also write an HTML page about the run there')
    .option('--metadata-file <path>', METADATA_HELP)
    .option('--load', 'also put the images into the engine, for the platform that it runs best')
    .allowExcessArguments()
    .action((_flags, command: Command) => {
      const [unknown] = command.args
      if (unknown !== undefined) refuseCommand(unknown, command)
      return buildCommand(command.opts(), context)
    })
  publishingFlags(program.command('assemble').description(ASSEMBLE_HELP))
    .option('--metadata-file <path>', METADATA_HELP)
    .addOption(PROGRESS)
    .action((_flags, command: Command) => buildCommand({ ...command.optsWithGlobals(), build: false }, context))
  pipelineFlags(program.command('plan').description('say what a run would do, and why; writes nothing'))
    .option('--exit-code', 'exit with 3 where something would change')
    .action((_flags, command: Command) => planCommand(command.optsWithGlobals(), context))
  pipelineFlags(program.command('graph').description('draw what depends on what, and what a run would do with it'))
    .addOption(new Option('--format <form>', 'tree unless --out has another ending').choices(PICTURE_FORMATS))
    .option('--out <file>', 'write it there')
    .option('--no-plan', 'draw the definition alone, and contact nothing')
    .action((_flags, command: Command) => graphCommand(command.optsWithGlobals(), context))
  program
    .command('lock')
    .description('write polyarch.lock: what the names of bases and of other images in Dockerfiles mean now')
    .argument('[names...]', 'with --update: these names alone')
    .option('--update', 'also resolve anew what is locked already, and say what has moved')
    .option('--registry <host>', REGISTRY_HELP)
    .option('--json', 'print JSON')
    .option('--verbose', CAUSES_HELP)
    .action((names: string[], _flags, command: Command) => lockCommand(names, command.optsWithGlobals(), context))
  program
    .command('inspect')
    .description('show what a name holds: the index, and the config, size and base of each image')
    .argument('[names...]', 'image names; without any, the names that this file publishes')
    .option('--registry <host>', REGISTRY_HELP)
    .option('--json', 'print JSON')
    .option('--verbose', CAUSES_HELP)
    .action((names: string[], _flags, command: Command) => inspectCommand(names, command.optsWithGlobals(), context))
  program
    .command('doctor')
    .description('look at engine, platforms, registries and this machine, and say what to do; leaves nothing behind')
    .option('--registry <host>', REGISTRY_HELP)
    .option('--builder <address>', BUILDER_HELP, collect)
    .addOption(formerEngineOption())
    .option('--json', 'print JSON')
    .option('--verbose', CAUSES_HELP)
    .action((_flags, command: Command) => doctorCommand(command.optsWithGlobals(), context))
  program
    .command('explain')
    .description('say what the code of an error means, and what to do')
    .argument('<code>', 'as the error told it: BUILD_FAILED')
    .action((code: string) => explainCommand(code, context))
  program
    .command('report')
    .description('make the HTML page about a run from its events')
    .argument('<events>', 'file that was written by --progress json')
    .option('--out <file>', 'write it there')
    .action((events: string, flags: { readonly out?: string }) => reportCommand(events, flags, context))
  program
    .command('promote')
    .description('put what was published under tags, all platforms at once, with the digest that it has')
    .argument('<source>', 'a name or digest; or a .json file of --metadata-file or --json, whose names it can put back')
    .argument('[tags...]', 'tags in its repository, or whole names')
    .option('--allow-removal', 'let a name lose a platform that it has now')
    .option('--json', 'print JSON')
    .option('--verbose', CAUSES_HELP)
    .action((source: string, tags: string[], _flags, command: Command) =>
      promoteCommand(source, tags, command.optsWithGlobals(), context),
    )
  program
    .command('prune')
    .description('list the key tags in the repositories of this file that nothing needs; deletes them where told to')
    .option('--delete', 'delete them')
    .option('--keep <image>', 'let this name or digest stay whole, with or without a tag (repeatable)', collect)
    .option('--registry <host>', REGISTRY_HELP)
    .option('--json', 'print JSON')
    .option('--verbose', CAUSES_HELP)
    .action((_flags, command: Command) => pruneCommand(command.optsWithGlobals(), context))
  program
    .command('serve')
    .description('keep the embedded registry up until Ctrl-C')
    .argument('[directory]', 'where it keeps its content; that of --registry embedded unless told otherwise')
    .option('--port <number>', 'port to listen on', '5000')
    .action((directory: string | undefined, flags: { readonly port: string }) =>
      serveCommand(directory, flags, context),
    )
  return program
}

/** What commander says of arguments, as all other errors are told. */
function usageText(said: string, { stderr, env }: CommandContext['host']): string {
  const [message = '', near] = said
    .replace(/^error: /, '')
    .trimEnd()
    .split('\n')
  const hint = near === undefined ? undefined : near.replace(/^\(D(.*)\)$/, 'd$1')
  return formatUsage(message, hint, choosePaint({ stream: stderr, env }))
}

function refuseCommand(unknown: string, program: Command): never {
  const near = nearest(
    unknown,
    program.commands.map((command) => command.name()),
  )
  return program.error(`error: unknown command '${unknown}'${near === undefined ? '' : `\n(Did you mean ${near}?)`}`)
}

const REGISTRY_HELP = 'registry to use in place of the names’ own: host[:port][/prefix], or embedded[:directory]'

const PROGRESS = new Option('--progress <how>', 'how to show the run, on standard error')
  .choices(PROGRESS_CHOICES)
  .default('auto', 'a live view on a terminal, else lines')

function pipelineFlags(command: Command): Command {
  return publishingFlags(command)
    .option('--builder <address>', BUILDER_HELP, collect)
    .addOption(formerEngineOption())
    .addOption(new Option('--emulation <when>', EMULATION_HELP).choices(EMULATION_POLICIES))
    .option('--only <platform>', 'this platform alone (repeatable): it is built and pushed, no name moves', collect)
    .option('--no-context-cache', 'read every file of the context, even if it did not change')
    .option('--no-reuse', 'build every image, even where the registry has it, made of the same')
    .option('--rebuild <image>', 'build this image, pipeline or platform even where it is there (repeatable)', collect)
}

const BUILDER_HELP =
  'builder (repeatable): a Docker Engine or context, as in DOCKER_HOST; buildkit+tcp://, buildkit+ssh://, docker-container://'

/** The former name of `--builder`, until 1.0. */
function formerEngineOption(): Option {
  return new Option('--engine <address>', BUILDER_HELP).argParser(collect).hideHelp()
}

const EMULATION_HELP =
  'emulate a platform when-busy: no engine that runs it natively is free; when-needed: there is none; never'

const CAUSES_HELP = 'with an error, its causes and the request to the registry'

const METADATA_HELP = 'write digests, descriptors and names there, by the keys of buildx'

const ASSEMBLE_HELP =
  'publish what other machines have built with --only; builds nothing, and says which images are not there yet'

/** Flags of what moves names. */
function publishingFlags(command: Command): Command {
  return command
    .exitOverride()
    .option('--registry <host>', REGISTRY_HELP)
    .option('--frozen', 'refuse a name that is not in polyarch.lock; the default where CI is set and there is a lock')
    .option('--no-frozen', 'resolve such a name live')
    .option('--allow-removal', 'let a name lose a platform that it has now')
    .option('--json', 'print JSON on standard output, progress on standard error')
    .option('--verbose', `show the output of every build step; ${CAUSES_HELP}`)
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(',')]
}
