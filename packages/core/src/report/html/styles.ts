/** The style of every page: light, dark and print. Contrasts are at least 4.5 to 1. */
export const STYLES = `
:root { --text: #111827; --soft: #4b5563; --back: #ffffff; --card: #f3f4f6; --line: #9ca3af; --good: #166534; --bad: #b91c1c; --warn: #92400e; --bar: #2563eb; --idle: #6b7280; --link: #1d4ed8 }
@media (prefers-color-scheme: dark) { :root { --text: #f3f4f6; --soft: #c3c9d4; --back: #111827; --card: #1f2937; --line: #6b7280; --good: #86efac; --bad: #fca5a5; --warn: #fcd34d; --bar: #60a5fa; --idle: #9ca3af; --link: #93c5fd } }
* { box-sizing: border-box }
body { margin: 0; overflow-wrap: anywhere; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
a { color: var(--link) } :focus-visible { outline: 3px solid var(--bar); outline-offset: 2px }
.skip { position: absolute; left: -100rem } .skip:focus { left: 1rem; top: 1rem; background: var(--back); padding: .5rem }
.soft { color: var(--soft) } .mono, code, pre { font-family: ui-monospace, monospace; font-size: .88em }
.scroll { overflow: auto; max-width: 100% } .scroll + .scroll { margin-top: 1rem }
table { border-collapse: collapse; width: 100% } caption { text-align: left; color: var(--soft); padding-bottom: .25rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); min-width: 5.5rem }
th[scope=col] { white-space: nowrap } th[scope=row] { min-width: 16rem }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.state { display: inline-block; font-weight: 600; white-space: nowrap }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
ul.plain { list-style: none; padding: 0; margin: 0 }
.box { background: var(--card); border-left: .3rem solid var(--line); padding: .5rem .75rem; margin: .5rem 0; white-space: pre-wrap }
.box.bad { border-color: var(--bad); color: inherit } .box.warn { border-color: var(--warn); color: inherit }
details { border-bottom: 1px solid var(--line) } summary { cursor: pointer; padding: .35rem 0 }
pre { background: var(--card); margin: 0 0 .75rem; padding: .75rem; overflow: auto; max-height: 30rem; white-space: pre-wrap }
.picture { background: #fff; border: 1px solid var(--line); padding: .5rem; max-height: 80vh }
.picture svg { display: block } .fit:checked ~ .picture svg { width: 100%; height: auto } .fit ~ .picture { margin-top: .5rem }
.timeline { width: 100% } .timeline td, .timeline th { border: 0; padding: .1rem .5rem .1rem 0 }
.timeline .track { width: 60%; min-width: 12rem } .lane { position: relative; height: 1.1rem; background: var(--card) }
.lane span { position: absolute; top: .15rem; bottom: .15rem; min-width: 2px; background: var(--idle) }
.lane span.critical { background: var(--bar); top: 0; bottom: 0 }
@media screen and (max-width: 45rem) { main { padding: 1rem } table { min-width: 52rem } td.mono { min-width: 14rem } tr > th:first-child { width: 11rem; min-width: 11rem; position: sticky; left: 0; z-index: 1; background: var(--back) } }
@media print { .fit, .fit + label { display: none } :root { --text: #000; --soft: #333; --back: #fff; --card: #fff; --line: #888; --good: #14532d; --bad: #991b1b; --warn: #78350f; --bar: #1d4ed8; --idle: #555; --link: #000 }
 body { font-size: 12px } main { max-width: none; padding: 0 } th[scope=col] { white-space: normal } th[scope=row] { min-width: 10rem } .scroll, .picture, pre { overflow: visible; max-height: none } .picture { border: 0; padding: 0 } .picture svg { max-width: 100%; height: auto }
 tr, .box { break-inside: avoid } h2 { break-after: avoid } .lane, .lane span { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
`
