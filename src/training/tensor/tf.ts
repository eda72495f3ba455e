// The Node bundle of tfjs-core registers no gradients; loading the union package registers them on the same core.
import '@tensorflow/tfjs'
import { enableProdMode } from '@tensorflow/tfjs-core'

// Production mode only silences tfjs's greetings; its checks of shapes and types stay on.
enableProdMode()

export * from '@tensorflow/tfjs-core'
