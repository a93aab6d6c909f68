// @ts-check
// `npm run demo`: from a fresh machine to an image that runs on two architectures under one tag.
import { ROOT } from './setup/dependencies.mjs'
import { prepareMachine } from './setup/machine.mjs'
import { main } from './setup/main.mjs'
import { BASE_TOOLS } from './setup/packages.mjs'
import { runVisibly } from './setup/run.mjs'
import { scratchFolder } from './setup/scratch-folder.mjs'

main(async () => {
  const env = { ...(await prepareMachine(BASE_TOOLS)), ...scratchFolder() }
  return runVisibly('node', ['--import', 'tsx', 'examples/quickstart/demo.ts'], { cwd: ROOT, env })
})
