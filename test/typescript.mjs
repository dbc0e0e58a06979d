import './typescript-threads.mjs';

// Loaded before everything else in the processes of tests. Vitest compiles by itself what it runs in a process of its own; processes that
// tests start from sources have tsx do it. To load it costs a quarter of a second of a processor.
if (!process.argv[1]?.includes('/vitest/dist/')) await import('tsx');
