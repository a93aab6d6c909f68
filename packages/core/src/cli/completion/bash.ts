import {
  allFlags,
  type Completion,
  type CompletionFlag,
  commandKeys,
  functionName,
  SCRIPT_ENDINGS,
  valueFlags,
} from './completion.js'

/** A script for bash 3.2 and newer. Without a candidate, bash completes the names of files. */
export function bashScript(completion: Completion): string {
  const name = functionName(completion)
  return `${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  # A '=' is a word of its own in bash.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  local scope=${completion.startsWith === 'tool' ? 'tool' : 'none'} command= skip= words= word
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD}"; do
    if [[ $word == '=' ]]; then skip=1; continue; fi
    if [[ $skip ]]; then skip=; continue; fi
    case $word in
      ${SCRIPT_ENDINGS.map((ending) => `*.${ending}`).join('|')}) [[ $command ]] || scope=script ;;
      ${valueFlags(completion).join('|')}) skip=1 ;;
      -*) ;;
      *) case "$scope $command\${command:+ }$word" in ${commandKeys(completion).map(quote).join('|')}) command+=\${command:+ }$word ;; esac ;;
    esac
  done
  COMPREPLY=()
  case "$scope $previous" in
    'none '*) return ;;
${valueCases(allFlags(completion))}    *)
      case "$scope $command $current" in
${commandCases(completion)}      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
${completion.starters.map((starter) => registration(name, starter)).join('')}`
}

function valueCases(flags: readonly CompletionFlag[]): string {
  const free = flags.filter(({ value }) => value === 'any' || value === 'file').map(({ long }) => `*' ${long}'`)
  const lines = flags.flatMap(({ long, value }) =>
    Array.isArray(value) ? [`    *' ${long}') words=${quote(value.join(' '))} ;;\n`] : [],
  )
  return `${lines.join('')}    ${free.join('|')}) return ;;\n`
}

function commandCases({ scopes }: Completion): string {
  return scopes
    .flatMap(({ name: scope, commands }) =>
      commands.flatMap(({ name, flags, words }) => [
        `        '${scope} ${name} '-*) words=${quote(flags.map(({ long }) => long).join(' '))} ;;\n`,
        `        '${scope} ${name} '*) words=${quote(words.map(({ text }) => text).join(' '))} ;;\n`,
      ]),
    )
    .join('')
}

/** Completions that other scripts define are kept. */
function registration(name: string, starter: string): string {
  const word = quote(starter)
  return `if ! complete -p ${word} >/dev/null 2>&1 || [[ $(complete -p ${word}) == *_polyarch* ]]; then
  complete -o bashdefault -o default -F ${name} ${word}
fi
`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
