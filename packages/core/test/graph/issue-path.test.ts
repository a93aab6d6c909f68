import { expect, test } from 'vitest'
import { compile } from '../../src/definition/compile/compile.js'
import { fromImage } from '../../src/definition/declare/image-base.js'
import { pipeline } from '../../src/definition/declare/pipeline.js'
import { platform } from '../../src/definition/declare/platform-declaration.js'
import { buildGraph } from '../../src/graph/graph.js'
import { withPipelinePath } from '../../src/graph/issue-path.js'
import { DefinitionError } from '../../src/model/errors.js'

test('issues of build options name the pipeline, others are unchanged', () => {
  const app = pipeline('registry.example.com/app').platforms(platform('amd64', { base: fromImage('alpine:3.22') }))
  const image = buildGraph(compile([app])).nodes.find(({ kind }) => kind === 'image')
  const error = new DefinitionError([
    { path: 'build.cacheTo', message: 'one' },
    { path: 'app/Dockerfile:3', message: 'two' },
  ])
  expect(withPipelinePath(error, image).issues).toEqual([
    { path: "pipeline('registry.example.com/app').build.cacheTo", message: 'one' },
    { path: 'app/Dockerfile:3', message: 'two' },
  ])
  expect(withPipelinePath(error, undefined)).toBe(error)
})
