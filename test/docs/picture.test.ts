import { expect, test } from 'vitest'
import { sdk } from '../../examples/esp8266-build/images.js'
import { definitionGraph } from '../../packages/core/src/operations/runs/definition-graph.js'
import { pictureOf } from '../../packages/core/src/report/graph/picture.js'
import { formatPicture } from '../../packages/core/src/report/graph-formats.js'

test('the picture of README.md is that of its example; -u draws it again', async () => {
  const drawn = await formatPicture(pictureOf(definitionGraph(sdk)), 'svg')
  await expect(drawn).toMatchFileSnapshot('../../docs/pictures/esp8266-build.svg')
})
