import { run } from '@polyarch/core'
import { hello } from './images.js'

run(hello)
