import { delimiter } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newerNodeFolder } from '../../scripts/setup/newer-node.mjs'
import { stage } from './stage.js'
import { type UserFolder, userFolder } from './user-folder.js'

type Release = NonNullable<Parameters<typeof newerNodeFolder>[0]>

async function runNode(release: Release, folder: UserFolder, args: readonly string[]) {
  const path = [newerNodeFolder(release), process.env['PATH']].join(delimiter)
  await using command = folder.start(args, { PATH: path }, 'native')
  return await command.ended
}

async function splitDefinition(folder: UserFolder, host: string): Promise<void> {
  await folder.write({
    'images.ts': `
      import { fromImage, type Pipeline, pipeline, platform } from '@polyarch/core'
      export const app: Pipeline = pipeline('${host}/team/app')
        .platforms(platform('amd64', { base: fromImage('${host}/bases/wide:1') }))
        .build({ context: new URL('./app', import.meta.url) })
        .tags('1.0')
    `,
    'build.ts': "import { run } from '@polyarch/core'\nimport { app } from './images.ts'\nrun(app)\n",
  })
}

describe.each(['22.18.0', '24'] as const)('node build.ts, on Node.js %s', (release) => {
  const runNative = (folder: UserFolder, args: readonly string[]) => runNode(release, folder, args)

  it('plans and exits as with tsx, in a folder of ES modules', async () => {
    await using set = await stage()
    await splitDefinition(set.folder, set.host)
    const native = await runNative(set.folder, ['plan', '--exit-code'])
    expect(native).toMatchObject({ exitCode: 3, stderr: '' })
    expect(await set.folder.run(['plan', '--exit-code'])).toEqual(native)
  })

  it('prints the setting to change in a CommonJS folder, and works with it', async () => {
    await using set = await stage('npm-init')
    await splitDefinition(set.folder, set.host)
    await set.folder.write({ 'package.json': '{ "type": "commonjs" }\n' })
    const refused = await runNative(set.folder, ['plan'])
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('set "type": "module" in the nearest package.json')
    await set.folder.write({ 'package.json': '{ "type": "module" }\n' })
    expect(await runNative(set.folder, ['plan'])).toMatchObject({ exitCode: 0, stderr: '' })
  })

  it('has the version and help of the core', async () => {
    await using folder = await userFolder()
    await folder.writeBuild('run()\n')
    const { exitCode, stdout } = await runNative(folder, ['--help'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain('Usage: build.ts')
  })
})
