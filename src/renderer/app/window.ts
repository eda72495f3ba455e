import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import { connectStudio, studioKey } from '../api/client.ts'
import { openedAddress } from '../api/opened-address.ts'
import { startLanguage } from '../ui/language.ts'
import App from './App.vue'
import { preloadPages, reloadForScripts } from './page-scripts.ts'
import { router, routes } from './router.ts'
import '../styles.css'

const languageProblem = await startLanguage().catch((cause: unknown) => cause)
const studio = connectStudio(window.location, openedAddress)
const isConnected = () => studio.connection.value === 'open'
reloadForScripts(router, isConnected)
createApp(App, { languageProblem }).provide(studioKey, studio).use(createPinia()).use(router).use(ui).mount('#app')
watch(
  isConnected,
  (connected) => {
    if (connected) void preloadPages(routes, isConnected)
  },
  { immediate: true },
)
