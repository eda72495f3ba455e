import { defineConfig } from 'vitest/config'
import { windowPlugins } from './src/renderer/vite.ts'

const limits = { testTimeout: 60_000, hookTimeout: 60_000 }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'studio', include: ['test/**/*.test.ts'], exclude: ['test/renderer/**'], ...limits } },
      { plugins: windowPlugins(import.meta.dirname), test: { name: 'window', include: ['test/renderer/**/*.test.ts'], ...limits } },
    ],
  },
})
