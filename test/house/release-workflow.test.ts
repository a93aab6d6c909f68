import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readText } from './repository.js'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Workflow {
  readonly on: { readonly push: { readonly branches: readonly string[] } }
  readonly concurrency: string
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>
}

const text = readText('.github/workflows/release.yml')
const { on, concurrency, permissions, jobs } = parse(text) as Workflow
const steps = Object.values(jobs).flatMap((job) => job.steps)
const root = JSON.parse(readText('package.json')) as {
  readonly engines: { readonly node: string }
  readonly scripts: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}
const changesets = JSON.parse(readText('.changeset/config.json')) as { readonly baseBranch: string }

/** The step of an action, whatever its version. */
function stepOf(action: string): Step | undefined {
  return steps.find(({ uses = '' }) => uses.startsWith(`${action}@`))
}

describe('the workflow that publishes', () => {
  it('runs for the branch that changesets are compared with, one at a time', () => {
    expect(on).toEqual({ push: { branches: [changesets.baseBranch] } })
    expect(concurrency).toBe('release')
  })

  it('takes actions and machines as they were looked at, each action with its version beside it', () => {
    const lines = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line))
    expect(lines.length).toBe(steps.filter(({ uses }) => uses !== undefined).length)
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    for (const job of Object.values(jobs)) expect(job['runs-on']).not.toMatch(/latest/)
  })

  it('may write what a release writes, prove if it was built, and no more', () => {
    expect(permissions).toEqual({ contents: 'write', 'pull-requests': 'write', 'id-token': 'write' })
  })

  it('runs no install scripts, and leaves no credentials in the checkout', () => {
    for (const { run = '' } of steps) expect(run).not.toMatch(/npm (ci|install)(?!.*--ignore-scripts)/)
    expect(stepOf('actions/checkout')?.with).toMatchObject({ 'persist-credentials': false })
  })

  it('runs a Node that the repository supports and whose npm publishes by the identity of the job', () => {
    const [supported] = /\d+/.exec(root.engines.node) ?? []
    const version = Number(stepOf('actions/setup-node')?.with?.['node-version'])
    expect(version).toBeGreaterThanOrEqual(Number(supported))
    // npm 11.5.1, which comes with Node 24. https://docs.npmjs.com/trusted-publishers
    expect(version).toBeGreaterThanOrEqual(24)
  })

  it('runs scripts that there are, and builds before it publishes', () => {
    const commands = steps.flatMap(({ run, with: { version, publish } = {} }) =>
      [run, version, publish].filter((command): command is string => typeof command === 'string'),
    )
    const scripts = commands.flatMap((command) => /^npm run (\S+)/.exec(command)?.[1] ?? [])
    for (const script of scripts) expect(root.scripts).toHaveProperty([script])
    const programs = commands.flatMap((command) => /^npx (\S+)/.exec(command)?.[1] ?? [])
    expect(new Set(programs)).toEqual(new Set(['changeset']))
    expect(root.devDependencies).toHaveProperty(['@changesets/cli'])
    const order = ['npm ci --ignore-scripts', 'npm run build', 'npx changeset publish'].map((command) =>
      commands.indexOf(command),
    )
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })
})
