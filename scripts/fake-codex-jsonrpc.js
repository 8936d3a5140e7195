#!/usr/bin/env node
// The scripted app-server under its old name, for CODEX_BIN; see testkit/app-server/settings.ts for what it understands.
import '../testkit/app-server/main.ts';
