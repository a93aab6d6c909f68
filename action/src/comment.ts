import { info, warning } from '@actions/core'

/** Finds the comment of an earlier run. */
const MARK = '<!-- polyarch plan -->'

/** Longest comment that GitHub accepts, with room for what is around the plan. */
const MAX_LENGTH = 60_000

/** Where a comment is written. */
export interface CommentTarget {
  /** `https://api.github.com`. */
  readonly api: string
  /** `owner/name`. */
  readonly repository: string
  readonly pullRequest: number
  readonly token: string
}

/** The plan as Markdown. */
export function planMarkdown(plan: string, file: string): string {
  const cut = plan.length > MAX_LENGTH ? `${plan.slice(0, MAX_LENGTH)}\n… (cut; the log has all of it)\n` : plan
  // Longer than any run of backquotes in the plan.
  const fence = '`'.repeat(Math.max(3, ...[...cut.matchAll(/`+/g)].map(([run]) => run.length + 1)))
  return `${MARK}\n### Plan of \`${file}\`\n\n${fence}text\n${cut}${fence}\n`
}

/** Writes the plan as a comment, or replaces the one of an earlier run. A missing permission is a warning. */
export async function writeComment(body: string, target: CommentTarget): Promise<void> {
  const { api, repository, pullRequest } = target
  const comments = `${api}/repos/${repository}/issues/${pullRequest}/comments`
  const existing = await findComment(comments, target)
  const response = await request(existing ?? comments, target, { method: existing ? 'PATCH' : 'POST', body })
  if (response.ok) info(`the plan is a comment on pull request ${pullRequest}`)
  else warning(`the plan could not be written as a comment: ${await reasonOf(response)}`)
}

async function findComment(comments: string, target: CommentTarget): Promise<string | undefined> {
  for (let page = 1; ; page += 1) {
    const response = await request(`${comments}?per_page=100&page=${page}`, target, {})
    const found = response.ok ? ((await response.json()) as { readonly url: string; readonly body?: string }[]) : []
    const own = found.find(({ body = '' }) => body.startsWith(MARK))
    if (own !== undefined || found.length < 100) return own?.url
  }
}

function request(
  url: string,
  { token }: CommentTarget,
  { method = 'GET', body }: { readonly method?: string; readonly body?: string },
): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json' }
  return fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify({ body }) }) })
}

async function reasonOf(response: Response): Promise<string> {
  const hint = response.status === 403 ? ' (add `permissions: { pull-requests: write }` to the job)' : ''
  return `${response.status} ${response.statusText}${hint}`
}
