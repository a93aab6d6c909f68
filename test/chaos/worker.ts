/** A process that does a share of the runs, and sends each outcome to its parent. */
import { type Share, workOn } from './share.js'

const [share = ''] = process.argv.slice(2)
await workOn(JSON.parse(share) as Share, (outcome) => process.send?.(outcome))
process.disconnect()
