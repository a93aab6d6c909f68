import { afterEach, expect, it, vi } from 'vitest'
import { readRunEnvironment } from '../../src/operations/run-environment.js'

const GITHUB = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'team/app',
  GITHUB_RUN_ID: '42',
}
const NAMES = [
  ...Object.keys(GITHUB),
  ...['GITHUB_RUN_ATTEMPT', 'CI_JOB_URL', 'CI_STEP_URL', 'JENKINS_URL', 'BUILD_URL'],
]

afterEach(() => vi.unstubAllEnvs())

function invocationIdWith(env: Readonly<Record<string, string>>): string {
  for (const name of NAMES) vi.stubEnv(name, env[name])
  return readRunEnvironment({}).invocationId
}

it.each([
  [{ ...GITHUB, GITHUB_RUN_ATTEMPT: '3' }, 'https://github.com/team/app/actions/runs/42/attempts/3'],
  [GITHUB, 'https://github.com/team/app/actions/runs/42/attempts/1'],
  [{ CI_JOB_URL: 'https://gitlab.com/team/app/-/jobs/7' }, 'https://gitlab.com/team/app/-/jobs/7'],
  [
    { JENKINS_URL: 'https://ci.example.com/', BUILD_URL: 'https://ci.example.com/job/a/1/' },
    'https://ci.example.com/job/a/1/',
  ],
  [{ CI_STEP_URL: 'https://ci.example.com/repos/7/pipeline/8' }, 'https://ci.example.com/repos/7/pipeline/8'],
])('a run in CI is identified by the URL of its job: %o', (env, url) => {
  expect(invocationIdWith(env)).toBe(url)
})

it.each([{}, { GITHUB_RUN_ID: '42' }, { BUILD_URL: 'https://example.com/app.zip' }, { CI_JOB_URL: '' }])(
  'other runs have random identifiers: %o',
  (env) => {
    const [first, second] = [invocationIdWith(env), invocationIdWith(env)]
    expect(first).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(second).not.toBe(first)
  },
)
