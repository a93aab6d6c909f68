import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { info, setFailed, setOutput } from '@actions/core'
import type { Plan, Report } from '@polyarch/core'
import { runBuild } from './command.js'
import { planMarkdown, writeComment } from './comment.js'
import { registerEmulators } from './emulators.js'
import { type Inputs, readInputs } from './inputs.js'
import { writeMarkdown, writeReport } from './summary.js'

/** Exit code of a plan with changes. */
const CHANGES = 3

const { env } = process

async function main(): Promise<void> {
  const inputs = readInputs(env['GITHUB_EVENT_NAME'] ?? '')
  if (inputs.command === 'matrix') await matrix(inputs)
  else if (inputs.command === 'plan') await plan(inputs)
  else await publish(inputs)
}

async function matrix(inputs: Inputs): Promise<void> {
  const { exitCode, stdout } = await runBuild(inputs, ['matrix', '--json', ...inputs.args])
  if (exitCode !== 0) throw new Error('the matrix could not be made')
  setOutput('matrix', JSON.stringify(JSON.parse(stdout)))
}

/** A folder for files of the action: outside the workspace, where they could become part of a context. */
function temporary(name: string): string {
  return join(env['RUNNER_TEMP'] ?? '/tmp', name)
}

async function plan(inputs: Inputs): Promise<void> {
  const planned = await readPlan(inputs)
  const path = temporary('polyarch-plan.json')
  await writeFile(path, JSON.stringify(planned))
  setOutput('plan', path)
  const { exitCode, stdout } = await runBuild(inputs, ['plan', '--exit-code', ...inputs.args])
  info(stdout)
  setOutput('changes', exitCode === CHANGES)
  const markdown = planMarkdown(stdout, inputs.file)
  await writeMarkdown(markdown)
  const pullRequest = await pullRequestNumber()
  if (inputs.isCommentWanted && pullRequest !== undefined) {
    const { GITHUB_API_URL: api = 'https://api.github.com', GITHUB_REPOSITORY: repository = '' } = env
    await writeComment(markdown, { api, repository, pullRequest, token: inputs.token })
  }
  if (exitCode !== 0 && exitCode !== CHANGES) throw new Error('the plan has errors')
}

/** The plan, after emulators that it needs are registered. */
async function readPlan(inputs: Inputs): Promise<Plan> {
  const read = async () => {
    const { stdout } = await runBuild(inputs, ['plan', '--json', ...inputs.args])
    if (stdout === '') throw new Error('the plan could not be made')
    return JSON.parse(stdout) as Plan
  }
  const planned = await read()
  return (await registerEmulators(planned, inputs)) ? await read() : planned
}

async function pullRequestNumber(): Promise<number | undefined> {
  const path = env['GITHUB_EVENT_PATH']
  if (path === undefined || !existsSync(path)) return undefined
  const event = JSON.parse(await readFile(path, 'utf8')) as { readonly pull_request?: { readonly number: number } }
  return event.pull_request?.number
}

async function publish(inputs: Inputs): Promise<void> {
  if (inputs.command === 'build') await readPlan(inputs)
  const [report, metadata] = [temporary('polyarch-report.html'), temporary('polyarch-metadata.json')]
  const command = inputs.command === 'assemble' ? ['assemble'] : []
  const flags = ['--json', '--progress', 'plain', '--report', report, '--metadata-file', metadata]
  const { exitCode, stdout } = await runBuild(inputs, [...command, ...inputs.args, ...flags])
  if (stdout !== '') await writeResults(JSON.parse(stdout) as Report)
  for (const [name, path] of Object.entries({ report, metadata })) if (existsSync(path)) setOutput(name, path)
  await upload(inputs.artifact, [report, metadata].filter(existsSync))
  if (exitCode !== 0) throw new Error(`the run failed with exit code ${exitCode}; the report has the details`)
}

async function writeResults(report: Report): Promise<void> {
  setOutput('digests', Object.fromEntries(report.tags.map(({ reference, to }) => [reference, to])))
  await writeReport(report)
}

async function upload(artifact: string, files: readonly string[]): Promise<void> {
  if (artifact === '' || files.length === 0) return
  const { DefaultArtifactClient } = await import('@actions/artifact')
  const { id } = await new DefaultArtifactClient().uploadArtifact(artifact, [...files], resolve(temporary('.')))
  info(`artifact ${artifact}: ${id}`)
}

main().catch((error: Error) => setFailed(error.message))
