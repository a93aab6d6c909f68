import {
  type Completion,
  type CompletionCommand,
  type CompletionFlag,
  commandKeys,
  functionName,
  SCRIPT_ENDINGS,
  valueFlags,
} from './completion.js'

/** A script for fish 3 and newer. fish adds the candidates to those of other scripts. */
export function fishScript(completion: Completion): string {
  const position = `_${functionName(completion)}_position`
  const at = `_${functionName(completion)}_at`
  const lines = completion.starters.flatMap((starter) =>
    completion.scopes.flatMap(({ name: scope, commands }) =>
      commands.flatMap((command) => completeLines(starter, `${at} ${quote(`${scope} ${command.name}`)}`, command)),
    ),
  )
  return `function ${position}
    set -l scope ${completion.startsWith === 'tool' ? 'tool' : 'none'}
    set -l command ''
    set -l skip ''
    set -l words (commandline -opc)
    for word in $words
        if test -n "$skip"
            set skip ''
            continue
        end
        switch $word
            case ${SCRIPT_ENDINGS.map((ending) => `'*.${ending}'`).join(' ')}
                test -n "$command"; or set scope script
            case ${valueFlags(completion).join(' ')}
                set skip 1
            case '-*'
            case '*'
                set -l candidate (string trim "$command $word")
                if contains -- "$scope $candidate" ${commandKeys(completion).map(quote).join(' ')}
                    set command $candidate
                end
        end
    end
    echo "$scope $command"
end
function ${at}
    test (${position}) = $argv[1]
end
${lines.join('\n')}
`
}

function completeLines(starter: string, condition: string, { words, flags }: CompletionCommand): readonly string[] {
  const start = `complete -c ${starter} -n ${quote(condition)}`
  return [
    ...words.map(({ text, help }) => `${start} -f -a ${quote(text)} -d ${quote(help)}`),
    ...flags.map((flag) => `${start} ${flagWords(flag)} -d ${quote(flag.help)}`),
  ]
}

function flagWords({ long, short, value }: CompletionFlag): string {
  const names = `${short === undefined ? '' : `-s ${short.slice(1)} `}-l ${long.slice(2)}`
  if (value === undefined) return names
  if (value === 'file') return `${names} -r -F`
  return value === 'any' ? `${names} -x` : `${names} -x -a ${quote(value.join(' '))}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
