import {
  allFlags,
  type Completion,
  type CompletionFlag,
  type CompletionWord,
  commandKeys,
  functionName,
  SCRIPT_ENDINGS,
  valueFlags,
} from './completion.js'

/** A script for zsh. Without a candidate, the names of files are completed. */
export function zshScript(completion: Completion): string {
  const name = functionName(completion)
  return `${name}() {
  local current=$words[CURRENT] previous=$words[CURRENT-1]
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*}
    compset -P '*='
  fi
  local scope=${completion.startsWith === 'tool' ? 'tool' : 'none'} command= skip= word
  for word in \${words[1,CURRENT-1]}; do
    if [[ -n $skip ]]; then skip=; continue; fi
    case $word in
      (${SCRIPT_ENDINGS.map((ending) => `*.${ending}`).join('|')}) [[ -n $command ]] || scope=script ;;
      (${valueFlags(completion).join('|')}) skip=1 ;;
      (-*) ;;
      (*) case "$scope $command\${command:+ }$word" in (${commandKeys(completion).map(quote).join('|')}) command+=\${command:+ }$word ;; esac ;;
    esac
  done
  local -a candidates
  case "$scope $previous" in
    ('none '*) _default; return ;;
${valueCases(allFlags(completion))}  esac
  case "$scope $command $current" in
${commandCases(completion)}  esac
  (( $#candidates )) && _describe -V '${completion.program}' candidates || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
${completion.starters.map((starter) => registration(name, starter)).join('')}`
}

function valueCases(flags: readonly CompletionFlag[]): string {
  return flags
    .flatMap(({ long, help, value }) => {
      if (value === undefined) return []
      const message = quote(help.replaceAll('%', '%%'))
      const action =
        value === 'file' ? '_files' : value === 'any' ? `_message -r ${message}` : `compadd ${value.join(' ')}`
      return [`    (*' ${long}') ${action}; return ;;\n`]
    })
    .join('')
}

function commandCases({ scopes }: Completion): string {
  return scopes
    .flatMap(({ name: scope, commands }) =>
      commands.flatMap(({ name, flags, words }) => [
        `    ('${scope} ${name} '-*) candidates=(${describe(flags.map(({ long, help }) => ({ text: long, help })))}) ;;\n`,
        `    ('${scope} ${name} '*) candidates=(${describe(words)}) ;;\n`,
      ]),
    )
    .join('')
}

function describe(words: readonly CompletionWord[]): string {
  return words.map(({ text, help }) => quote(`${text.replaceAll(':', '\\:')}:${help}`)).join(' ')
}

/** Completions that other scripts define are kept. */
function registration(name: string, starter: string): string {
  const word = quote(starter)
  return `[[ -n \${_comps[${starter}]} && \${_comps[${starter}]} != _polyarch* ]] || compdef ${name} ${word}\n`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
