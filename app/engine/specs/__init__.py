"""What each BPMN element does, by the palette: activities, gateways, events, scopes, loops."""
