import ui from '@nuxt/ui/vue-plugin'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { connectStudio, studioKey } from '../api/client.ts'
import { openedAddress } from '../api/opened-address.ts'
import { startLanguage } from '../ui/language.ts'
import App from './App.vue'
import { preloadPages } from './preload-pages.ts'
import { router, routes } from './router.ts'
import '../styles.css'

const languageProblem = await startLanguage().catch((cause: unknown) => cause)
createApp(App, { languageProblem })
  .provide(studioKey, connectStudio(window.location, openedAddress))
  .use(createPinia())
  .use(router)
  .use(ui)
  .mount('#app')
void router.isReady().then(() => preloadPages(routes))
