// HeraldService
