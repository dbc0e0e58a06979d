import './styles/index.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { loadPageCode, queryClient, router } from './router/router.ts';
import { applyTheme, storedTheme } from './shell/theme.ts';
import { AnnouncerProvider } from './ui/controls/announcer.tsx';

applyTheme(storedTheme());

loadPageCode();
const place = document.getElementById('page');
if (place === null) throw new Error('index.html has no place for the page');
createRoot(place).render(
  <QueryClientProvider client={queryClient}>
    <AnnouncerProvider>
      <RouterProvider router={router} />
    </AnnouncerProvider>
  </QueryClientProvider>,
);
