import { run } from '@polyarch/core'
import { sdk } from './images.js'

run(sdk)
