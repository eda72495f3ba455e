// The Node bundle of tfjs-core registers no gradients; the union package registers them on the same core.
import '@tensorflow/tfjs'
import { enableProdMode } from '@tensorflow/tfjs-core'

// Production mode only turns off tfjs's greetings; shapes and types are still checked.
enableProdMode()

export * from '@tensorflow/tfjs-core'
