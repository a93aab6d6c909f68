import { run } from '@polyarch/core'
import { base, services } from './images.js'

run(base, ...services)
